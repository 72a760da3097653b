// The roof of the scripts: what Python may call. It runs before Gradio's own module, see explorer/page/scripts.py.
import * as anatomy from "./classifier/anatomy.js";
import * as cell from "./classifier/cell.js";
import * as film from "./classifier/film.js";
import * as layerMaps from "./classifier/layer_maps.js";
import * as pad from "./classifier/pad.js";
import { openSection } from "./classifier/sections.js";
import * as trialMark from "./classifier/trial_mark.js";
import * as backward from "./convolution/backward_view.js";
import * as channels from "./convolution/channels_view.js";
import * as editor from "./convolution/editor.js";
import { withSections } from "./convolution/keep.js";
import * as learn from "./convolution/learn.js";
import * as shifts from "./convolution/shifts_view.js";
import * as sides from "./convolution/sides.js";
import * as stage from "./convolution/stage.js";
import * as take from "./convolution/take.js";
import * as ways from "./convolution/ways_view.js";
import * as address from "./page/address.js";
import { watchCharts, watchDropdowns, watchSliders } from "./page/amends.js";
import * as canvas from "./page/canvas.js";
import { fixEvents, selectTab } from "./page/config.js";
import { watchFiles, watchLenders } from "./page/files.js";
import { slowCounting } from "./page/frames.js";
import { watchHeader } from "./page/header.js";
import { telling } from "./page/controls.js";
import { setLanguage } from "./page/language.js";
import { watchLeaving } from "./page/leaving.js";
import { watchConnection } from "./page/lost.js";
import * as samples from "./page/samples.js";
import * as shown from "./page/shown.js";
import * as sketch from "./page/sketch.js";
import * as values from "./page/values.js";
import { spareTree } from "./page/tree.js";
import { watchWaiting } from "./page/waiting.js";
import * as keeping from "./prints/keeping.js";
import * as offered from "./prints/offered.js";
import * as backdrop from "./receptive_field/backdrop.js";
import * as brought from "./receptive_field/brought.js";
import * as field from "./receptive_field/field.js";
import * as growth from "./receptive_field/growth.js";
import * as marks from "./receptive_field/layer_marks.js";
import * as table from "./receptive_field/layer_table.js";
import * as reach from "./receptive_field/reach.js";
import { showView } from "./shapes/chosen.js";
import * as code from "./shapes/code.js";
import * as download from "./shapes/download.js";
import * as layer from "./shapes/editor.js";
import * as graph from "./shapes/graph.js";
import * as list from "./shapes/list.js";
import * as rows from "./shapes/rows.js";

// Script -> its module, of those whose `mount` a component calls.
const MOUNTED = {
  "classifier/anatomy.js": anatomy,
  "classifier/cell.js": cell,
  "classifier/film.js": film,
  "classifier/layer_maps.js": layerMaps,
  "classifier/pad.js": pad,
  "classifier/trial_mark.js": trialMark,
  "convolution/backward_view.js": backward,
  "convolution/channels_view.js": channels,
  "convolution/editor.js": editor,
  "convolution/learn.js": learn,
  "convolution/shifts_view.js": shifts,
  "convolution/sides.js": sides,
  "convolution/stage.js": stage,
  "convolution/take.js": take,
  "convolution/ways_view.js": ways,
  "page/address.js": address,
  "page/canvas.js": canvas,
  "page/samples.js": samples,
  "page/shown.js": shown,
  "page/sketch.js": sketch,
  "page/values.js": values,
  "prints/keeping.js": keeping,
  "prints/offered.js": offered,
  "receptive_field/backdrop.js": backdrop,
  "receptive_field/brought.js": brought,
  "receptive_field/field.js": field,
  "receptive_field/growth.js": growth,
  "receptive_field/layer_marks.js": marks,
  "receptive_field/layer_table.js": table,
  "receptive_field/reach.js": reach,
  "shapes/code.js": code,
  "shapes/download.js": download,
  "shapes/editor.js": layer,
  "shapes/graph.js": graph,
  "shapes/list.js": list,
  "shapes/rows.js": rows,
};

window.cnnExplorer = {
  mount: (name, element, props, watch, trigger) => MOUNTED[name].mount(element, props, watch, telling(element, props, trigger)),
  // What events of components call.
  bringForward: growth.bringForward,
  fillKernel: stage.fillKernel,
  follow: stage.follow,
  forgetChoice: values.forgetChoice,
  joinSides: sides.joinSides,
  linkOpened: address.linkOpened,
  openSection,
  openTrial: pad.openTrial,
  nextRequest: values.nextRequest,
  onNewChoice: values.onNewChoice,
  placeOf: reach.placeOf,
  rememberSetting: address.rememberSetting,
  showTab: address.showTab,
  showView,
  spareTree,
  takeOffered: offered.takeOffered,
  takeSides: sides.takeSides,
  takeTyped: editor.takeTyped,
  turnRound: reach.turnRound,
  withAddress: keeping.withAddress,
  withSections,
};

window.cnnExplorerScripts.came("page");
slowCounting();
setLanguage();
watchConnection();
watchLeaving();
watchWaiting();
selectTab(window.gradio_config, address.readAddress().get("tab"));
fixEvents(window.gradio_config);
address.watchLinks();
address.watchHistory();
watchHeader();
watchFiles();
watchLenders();
watchSliders();
watchDropdowns();
watchCharts();
