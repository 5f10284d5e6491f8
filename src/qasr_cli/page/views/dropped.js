// Files out of what was dropped; folders are walked, and only recordings taken out of them.

/**
 * @param {DataTransfer} dropped
 * @param {readonly string[]} suffixes of recordings
 * @returns {Promise<{files: {file: File, name: string}[], leftOutCount: number}>}
 */
export async function filesOf(dropped, suffixes) {
  // All at once: the browser forgets what was dropped as soon as anything is waited for.
  const items = [...dropped.items].filter(({ kind }) => kind === "file");
  const both = items.map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  /** @type {{file: File, name: string}[]} */
  const files = [];
  let leftOutCount = 0;
  for (const { entry, file } of both) {
    if (!entry?.isDirectory) {
      // Somebody chose this one: whether it is a recording, the service says.
      if (file) files.push({ file, name: file.name });
      continue;
    }
    for await (const inner of walked(/** @type {FileSystemDirectoryEntry} */ (entry))) {
      if (isRecording(inner.name, suffixes)) files.push({ file: inner, name: inner.name });
      else leftOutCount += 1;
    }
  }
  return { files, leftOutCount };
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {AsyncGenerator<File>}
 */
async function* walked(folder) {
  const reader = folder.createReader();
  for (;;) {
    // It gives some at a time, and none at the end.
    const entries = await /** @type {Promise<FileSystemEntry[]>} */ (
      new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    );
    if (!entries.length) return;
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory) yield* walked(/** @type {FileSystemDirectoryEntry} */ (entry));
      else yield await fileOf(/** @type {FileSystemFileEntry} */ (entry));
    }
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>}
 */
function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/**
 * @param {string} name
 * @param {readonly string[]} suffixes
 */
function isRecording(name, suffixes) {
  return suffixes.includes(name.slice(name.lastIndexOf(".")).toLowerCase());
}
