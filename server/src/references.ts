/** A stored file in an extension's config. What else the config says of it stands beside these fields. */
export interface FileReference {
  /** As the setup screen knows it. */
  id: string;
  /** Marks the object for the claim. */
  provider: 'chastify_storage';
  fileId: string;
  /** A name and no link: links end. Ask for a fresh one by the id. */
  url: `extension-file:${string}`;
}

/**
 * The object by which a config refers to a stored file, so that the claim finds it (docs/contract.md, "Claims"), wherever in
 * the config it stands. Holds no link, since those end. Throws `TypeError` for what is no id of a file.
 */
export function fileReference(file: string | { id: string }): FileReference {
  const id = typeof file === 'string' ? file : file.id;
  if (!/^[0-9a-f]{24}$/i.test(id)) throw new TypeError("A file's id has 24 hexadecimal digits.");
  return { id, provider: 'chastify_storage', fileId: id, url: `extension-file:${id}` };
}
