// Ratings as CSV (RFC 4180) that a spreadsheet opens and never runs.

/** Return the columns of a sheet that asks these questions. */
function csvColumns(scales) {
  return ["sheet", "rater", "clip", "position", ...scales.map(({ name }) => name), "comment", "plays", "rated_at"];
}

/** Return a cell. One that a spreadsheet would take for a formula gets an apostrophe before it; so does one that has
    one already, so that whoever reads the file may always take the first one away. */
function csvCell(value) {
  let text = String(value ?? "");
  if (/^[=+\-@'\t\r\n]/.test(text)) text = `'${text}`;
  return /[",;\t\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Return lines, objects by column, as a file with a mark that tells spreadsheets it is UTF-8. */
function csvFile(columns, lines) {
  const cells = [columns, ...lines.map((line) => columns.map((column) => line[column]))];
  return "\ufeff" + cells.map((row) => row.map(csvCell).join(",") + "\r\n").join("");
}
