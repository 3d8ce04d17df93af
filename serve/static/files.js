/** Text files that were dropped on the page or picked. */

/** The text of a UTF-8 file without its byte order mark, line ends kept. Throws an Error whose message is for a reader. */
export async function readText(file, maxBytes = Infinity) {
  if (file.size > maxBytes) throw new Error(`${file.name} is larger than this server takes. Extract it in parts.`);
  const text = decode(await file.arrayBuffer());
  if (text === null || text.includes("\0")) throw new Error(`${file.name} is not plain text in UTF-8. Save it as that, then open it again.`);
  return text;
}

function decode(buffer) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer);
  } catch {
    return null;
  }
}

/** Call `take` with each file that is dropped anywhere on the page; `target` gets the class "dropping" meanwhile. */
export function onDrop(target, take) {
  const hasFile = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    target.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && target.classList.remove("dropping"));
  document.addEventListener("drop", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    target.classList.remove("dropping");
    take(event.dataTransfer.files[0]);
  });
}
