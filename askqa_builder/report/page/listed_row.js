// A row of a dataset in the list.

function listedRow(row) {
  const worst = row.wer === null ? null : `WER ${(100 * row.wer).toFixed(0)} %`;
  return element("li", {}, element(
    "a", { href: addressOf(row.id), "data-id": row.id },
    element("span", { class: "request", dir: "auto" }, row.request || row.id),
    element(
      "span", { class: "facts" },
      row.ambiguous ? element("span", { class: "asks" }, "ambiguous") : null,
      [row.config, row.source, clock(row.duration), worst, row.id].filter(Boolean).map((fact) => element("span", {}, fact)),
    ),
  ));
}
