/**
 * How `<stowage-upload>` looks. Colours follow the `color-scheme` that the page gives the element; every one of them, and
 * the corners, can be set by a custom property, and every part by `::part()`.
 */
export const style = `
:host {
  display: block;
  font: inherit;
  color: var(--stowage-text, light-dark(#1b1b1f, #e4e2e6));
  --accent: var(--stowage-accent, light-dark(#0b57d0, #a8c7fa));
  --on-accent: var(--stowage-on-accent, light-dark(#fff, #062e6f));
  --quiet: var(--stowage-quiet, light-dark(#55565c, #b5b6bd));
  --border: var(--stowage-border, light-dark(#74777f, #8e9099));
  --error: var(--stowage-error, light-dark(#b3261e, #f2b8b5));
  --background: var(--stowage-background, light-dark(#fff, #1b1b1f));
  --radius: var(--stowage-radius, 8px);
}
:host([hidden]), [hidden] { display: none !important; }
.dropzone {
  display: flex; flex-wrap: wrap; align-items: center; gap: 0.5em 0.75em; padding: 1.25em;
  background: var(--background); border: 2px dashed var(--border); border-radius: var(--radius);
}
.dropzone.over { border-color: var(--accent); border-style: solid; }
.hint, .limits { color: var(--quiet); }
.limits { flex-basis: 100%; font-size: 0.875em; }
button {
  font: inherit; cursor: pointer; padding: 0.4em 0.9em; min-height: 2.2em;
  color: var(--accent); background: transparent; border: 1px solid currentColor; border-radius: var(--radius);
}
.choose { color: var(--on-accent); background: var(--accent); border-color: transparent; }
button:disabled { cursor: not-allowed; opacity: 0.6; }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
ul { list-style: none; margin: 0.75em 0 0; padding: 0; }
li {
  display: grid; grid-template-columns: 1fr auto; align-items: center; gap: 0.25em 0.75em; padding: 0.6em 0.75em;
  background: var(--background); border-bottom: 1px solid var(--border);
}
.name { overflow-wrap: anywhere; }
.status { grid-column: 1; color: var(--quiet); font-size: 0.875em; font-variant-numeric: tabular-nums; }
.failed .status { color: var(--error); }
.buttons { grid-column: 2; grid-row: 1 / span 2; display: flex; gap: 0.5em; }
progress { grid-column: 1 / -1; width: 100%; height: 0.5em; accent-color: var(--accent); }
.announcer {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
`;
