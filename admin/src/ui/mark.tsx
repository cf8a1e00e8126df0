/** The name, with a box that things are stowed in. */
export function Mark() {
  return (
    <span className="mark">
      <svg width="22" height="22" viewBox="0 0 24 24" aria-hidden="true">
        <rect x="2" y="2" width="20" height="20" rx="5" className="mark-ground" />
        <path d="M6.5 9.5 12 6.5l5.5 3v5.5L12 18l-5.5-3z M6.5 9.5 12 12.5l5.5-3 M12 12.5V18" className="mark-line" />
      </svg>
      Stowage
    </span>
  );
}
