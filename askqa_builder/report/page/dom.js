// Elements from data: every text becomes a text node, never markup.

/** Make an element. properties: attributes; `class`, `on…` listeners and `data-…` too; null and false leave one out. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Return the element with an id. */
function byId(id) {
  return document.getElementById(id);
}

/** Return the value of a JSON block of this document. */
function embedded(id) {
  return JSON.parse(byId(id).textContent);
}

/** Return a time as m:ss, with tenths where asked. */
function clock(seconds, tenths = false) {
  const rounded = tenths ? Math.floor(seconds * 10) / 10 : Math.floor(seconds);
  const rest = rounded % 60;
  return `${Math.floor(rounded / 60)}:${(tenths ? rest.toFixed(1) : String(rest)).padStart(tenths ? 4 : 2, "0")}`;
}
