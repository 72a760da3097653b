// The tree of components as Gradio keeps it (6.31). While a page opens Gradio builds it twice, the second time of what it has just
// read, and looks through all of it for each target of an event: together a third of what the browser has to do.

// Whether that is the class of the tree, which has another name in each version.
const isTree = (found) => typeof found === "function" && ["postprocess", "reload", "get_state"].every((name) => name in (found.prototype ?? {}));

// Runs once Gradio's script of the tree is there, and before Gradio makes one.
export function spareTree(core) {
  const tree = Object.values(core).find(isTree)?.prototype;
  if (tree === undefined) return;
  const { postprocess, reload, get_state: getState } = tree;
  const built = new WeakSet(); // trees that nobody has asked to build anew
  const mounting = new WeakSet(); // trees whose page is told of its events right now

  const startMounting = (one) => {
    mounting.add(one);
    window.queueMicrotask(() => mounting.delete(one));
  };
  tree.postprocess = function (root) {
    postprocess.call(this, root);
    if (!built.has(this)) startMounting(this);
    built.add(this);
  };
  tree.reload = function (components, ...rest) {
    startMounting(this);
    const isAsBuilt = built.has(this) && components.length === this.component_ids.length;
    built.delete(this);
    if (!isAsBuilt) reload.call(this, components, ...rest);
  };
  // Then Gradio asks for the settings that events have given to a component: there is none yet, and its value is not read.
  tree.get_state = function (id) {
    return mounting.has(this) ? Promise.resolve({}) : getState.call(this, id);
  };
}
