// Values that scripts of the page set, and messages to the server in order.

// A value that comes while the answer to another event is awaited is read when its own turn comes, where the data of an
// event would be that of the first: so clicks are told as values.
const setters = {}; // name -> function that sets the value of a component which is not seen, and tells Gradio

export function mount(element, props, watch, trigger) {
  const { name } = element.querySelector("[data-name]").dataset;
  setters[name] = (value) => {
    props.value = value;
    trigger("input");
  };
}

export const setValue = (name, value) => setters[name](value);

// What a reader does in a wing where one thing builds on another is told in order and kept until the server has heard
// of it: the value "WING.actions" holds all that it has not.
const unheard = {}; // wing -> [{number, ...}]
let numActs = 0;

export function act(wing, action) {
  unheard[wing] = [...(unheard[wing] ?? []), { ...action, number: ++numActs }];
  setValue(`${wing}.actions`, unheard[wing]);
}

export function heard(wing, number) {
  unheard[wing] = (unheard[wing] ?? []).filter((action) => action.number > number);
}

// ---- answers that come too late -------------------------------------------------------------------------------

const requests = {}; // name -> number of the last one

// A request sends its number along and finds it in the answer. Something else in its place takes a number as well.
export const nextRequest = (name) => (requests[name] = (requests[name] ?? 0) + 1);

export const isLastRequest = (name, number) => requests[name] === number;

// ---- choices --------------------------------------------------------------------------------------------------

const choices = {}; // name -> what was chosen last

// What a choice brings along, for an output of a function of the page. Gradio's dropdown tells each choice more than
// once, at last when it loses the focus: then nothing is set again.
export function onNewChoice(name, choice, value) {
  const isNew = choices[name] !== choice;
  choices[name] = choice;
  return isNew && value !== undefined ? value : { __type__: "update" };
}

// Something else was set in the place of what was chosen: the same choice would be a new one.
export const forgetChoice = (name) => delete choices[name];
