// What is shown follows from the address: #overview, #distributions, #listen, #row=<id>&t=<seconds>.

const setup = embedded("setup");
const source = setup.served ? new Served() : new Embedded(setup);
const listing = new Listing(source, listedRow, ["recording", "recordings"]);
let conversation = null;

function addressOf(id, time = null) {
  const address = new URLSearchParams({ row: id });
  if (time !== null) address.set("t", time.toFixed(3));
  return `#${address}`;
}

async function follow() {
  const address = location.hash.slice(1);
  if (address === "main") return; // the link that skips to the content of whatever is shown
  const parameters = new URLSearchParams(address);
  const id = parameters.get("row");
  const listens = id !== null || address === "listen";
  document.body.dataset.view = listens ? "listen" : "figures";
  for (const link of document.querySelectorAll(".top nav a")) {
    const current = listens ? link.dataset.for === "listen" : link.hash === (location.hash || "#overview");
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (listens && listing.asked === 0) listing.turnTo(0);
  if (id !== null) await open(id, parameters.get("t"));
  else if (!listens) {
    conversation?.current.pause();
    byId(address)?.scrollIntoView();
  }
}

async function open(id, time) {
  listing.mark(id);
  if (conversation?.id !== id) {
    let next = null;
    let number = null;
    try {
      number = await source.numberOf(id);
      if (number !== null) next = new Conversation(number, await source.row(number), source, setup.names);
    } catch (error) {
      complain(`The recording cannot be shown: ${error.message}`);
      return;
    }
    if (new URLSearchParams(location.hash.slice(1)).get("row") !== id) { // another was chosen meanwhile
      next?.close();
      return;
    }
    if (next === null) {
      complain(setup.served ? "The dataset has no such row." : "This page has no such row.");
      return;
    }
    show(next.node);
    conversation = next;
    await listing.reach(number, id);
    scrollTo({ top: 0, behavior: "instant" });
    if (innerWidth < 832) byId("conversation").scrollIntoView();
  }
  const seconds = Number.parseFloat(time);
  if (Number.isFinite(seconds)) await conversation.current.seek(seconds);
}

function complain(message) {
  show([element("p", { class: "problem hint" }, message)]);
}

function show(nodes) {
  conversation?.close();
  conversation = null;
  byId("conversation").replaceChildren(...nodes.filter(Boolean));
}

/** Keys play and move, wherever the focus is, but in what takes them itself. */
function onKey(event) {
  if (document.body.dataset.view !== "listen") return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  if (event.key === " " && event.target.closest("button, summary, input")) return;
  const go = async (step) => {
    const id = await listing.beside(step);
    if (id !== null) location.hash = addressOf(id);
  };
  const current = conversation?.current;
  const actions = {
    " ": () => (current ? current.toggle() : go(1)),
    ArrowLeft: () => (event.shiftKey ? current?.step(-1) : current?.seek(current.time - 2)),
    ArrowRight: () => (event.shiftKey ? current?.step(1) : current?.seek(current.time + 2)),
    ArrowUp: () => go(-1),
    ArrowDown: () => go(1),
    x: () => conversation?.switchOver(),
  };
  if (Object.hasOwn(actions, event.key)) {
    event.preventDefault();
    actions[event.key]();
  }
}

addEventListener("hashchange", follow);
addEventListener("keydown", onKey);
follow();
