// What is shown follows from the address: #figures, #running, #dialogues, #dialogue=<id>.

const source = new Dialogues(embedded("setup").rows);
const listing = new Listing(source, listedDialogue, ["dialogue", "dialogues"]);
let open = null;

function addressOf(id) {
  return `#${new URLSearchParams({ dialogue: id })}`;
}

async function follow() {
  const address = location.hash.slice(1);
  if (address === "main") return; // the link that skips to the content of whatever is shown
  const id = new URLSearchParams(address).get("dialogue");
  const reads = id !== null || address === "dialogues";
  document.body.dataset.view = reads ? "listen" : "figures";
  for (const link of document.querySelectorAll(".top nav a")) {
    const current = reads ? link.dataset.for === "listen" : link.hash === (location.hash || "#figures");
    if (current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (reads && listing.asked === 0) await listing.turnTo(0);
  if (id !== null) await show(id);
  else if (!reads) {
    for (const audio of document.querySelectorAll("audio")) audio.pause();
    byId(address)?.scrollIntoView();
  }
}

async function show(id) {
  listing.mark(id);
  if (open === id) return;
  const number = source.numberOf(id);
  open = id;
  if (number === null) {
    byId("conversation").replaceChildren(element("p", { class: "problem hint" }, "This page has no such dialogue."));
    return;
  }
  byId("conversation").replaceChildren(...shownDialogue(source.dialogue(number)));
  await listing.reach(number, id);
  scrollTo({ top: 0, behavior: "instant" });
  if (innerWidth < 832) byId("conversation").scrollIntoView();
}

addEventListener("hashchange", follow);
addEventListener("keydown", async (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (step === undefined || document.body.dataset.view !== "listen") return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, audio, .long")) return;
  event.preventDefault();
  const id = await listing.beside(step);
  if (id !== null) location.hash = addressOf(id);
});
follow();
