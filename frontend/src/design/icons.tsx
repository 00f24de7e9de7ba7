/** Line icons, 20 × 20, drawn for this console. The category marks differ by shape, not by colour alone. */

const PATHS = {
  review: "M3 4h14v9H3zM7 17h6M10 13v4M7 8.4l2 2 4-4",
  cameras: "M2.5 6.5 13 4l1.4 5.2L4 11.8zM14.6 6.4l2.6-.7.8 3-2.6.6M6 11.5 7.4 16M3 16h9",
  zones: "M4 15 6.5 5 16 7.5 14 16zM4 15h0M6.5 5h0",
  statistics: "M3 17h14M5 14v-4M9 14V5M13 14V8M17 14v-2.5",
  model: "M10 2.5 16.5 6v8L10 17.5 3.5 14V6zM3.5 6 10 9.5 16.5 6M10 9.5v8",
  admin: "M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 17c.5-3 3-4.5 6-4.5s5.5 1.5 6 4.5",
  play: "M6 4l10 6-10 6z",
  pause: "M6.5 4v12M13.5 4v12",
  stepBack: "M14 4.5 7 10l7 5.500zM5 4.500v11",
  stepForward: "M6 4.500 13 10l-7 5.500zM15 4.500v11",
  loop: "M5 8a4 4 0 0 1 4-3h6l-2-2M15 12a4 4 0 0 1-4 3H5l2 2M15 5l-2 2M5 15l2-2",
  slow: "M10 3a7 7 0 1 0 7 7M10 6v4.200l2.500 1.800M13 3.800l3 3",
  overlay: "M3 7V4h3M14 4h3v3M17 13v3h-3M6 16H3v-3M7.500 8h5v5h-5z",
  filter: "M3 5h14M6 10h8M8.500 15h3",
  help: "M7.500 7.500a2.500 2.500 0 1 1 3.600 2.200c-.8.4-1.100.9-1.100 1.800M10 14.500v.01M10 18a8 8 0 1 0 0-16 8 8 0 0 0 0 16z",
  close: "M5 5l10 10M15 5 5 15",
  check: "M4 10.500 8 14.500 16 5.500",
  cross: "M5 5l10 10M15 5 5 15",
  swap: "M4 7h11l-3-3M16 13H5l3 3",
  copy: "M7 7h9v9H7zM4 13V4h9",
  doubt: "M7.500 7.500a2.500 2.500 0 1 1 3.600 2.200c-.8.4-1.100.9-1.100 1.800M10 14.500v.01",
  undo: "M4 8h8a4 4 0 0 1 0 8H8M4 8l3.500-3.500M4 8l3.500 3.500",
  redo: "M16 8H8a4 4 0 0 0 0 8h4M16 8l-3.500-3.500M16 8l-3.500 3.500",
  box: "M4 6h12v9H4zM4 6h0M16 15h0",
  pin: "M10 17s5-4.500 5-8.500a5 5 0 0 0-10 0C5 12.500 10 17 10 17zM10 10.200a1.700 1.700 0 1 0 0-3.400 1.700 1.700 0 0 0 0 3.400z",
  anchor: "M10 6.500a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM10 6.500V17M4 11c0 3.500 2.700 6 6 6s6-2.500 6-6M7 9.500h6",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4.200l2.800 1.800",
  user: "M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 17c.5-3 3-4.500 6-4.500s5.500 1.500 6 4.500",
  back: "M12 4 6 10l6 6",
  next: "M8 4l6 6-6 6",
  up: "M4 12l6-6 6 6",
  down: "M4 8l6 6 6-6",
  plus: "M10 4v12M4 10h12",
  trash: "M4 6h12M8 6V4h4v2M6 6l.7 10h6.600L14 6M8.700 9v4M11.300 9v4",
  split: "M4 16 16 4M4.500 8 8 4.500M12 15.500 15.500 12",
  mask: "M3 5h14v10H3zM3 10 8 5M3 15 13 5M8 15l9-9M13 15l4-4",
  calendar: "M3.500 5h13v11.500h-13zM3.500 8.500h13M7 3v3.500M13 3v3.500",
  picks: "M3 5.500 4.500 7 7 4M3 13.500l1.500 1.500L7 12M10 6h7M10 14h7",
  magnet: "M5 4v6a5 5 0 0 0 10 0V4M5 7.500h3M12 7.500h3M8 4v6a2 2 0 0 0 4 0V4M5 4h3M12 4h3",
  warning: "M10 3 17.500 16h-15zM10 8v4M10 14v.01",
  download: "M10 3v9M6 9l4 4 4-4M4 16h12",
  print: "M6 7V3h8v4M5 13H3V7h14v6h-2M6 11h8v6H6z",
  wall: "M2.500 4h15v9.500h-15zM7 17h6",
  lock: "M5 9h10v8H5zM7 9V6.500a3 3 0 0 1 6 0V9",
  key: "M7.500 12.500a3.500 3.500 0 1 1 3.300-4.700H17v3h-2v2h-2.500v-2h-1.700a3.500 3.500 0 0 1-3.300 1.700zM7 9h.01",
  offline: "M3 3l14 14M5 9.500a8 8 0 0 1 3-1.800M2.500 7A11 11 0 0 1 6 4.900M10 4c3 0 5.600 1.200 7.500 3M12.500 8.200A8 8 0 0 1 15 9.500M8 12.500a4 4 0 0 1 2-.5M10 16v.01",
  inbox: "M3 11l2.500-7h9L17 11v5H3zM3 11h4l1 2h4l1-2h4",
  image: "M3 4h14v12H3zM3 14l4-4 3 3 3-4 4 5M7 8h.01",
  flag: "M5 17V3.500h9l-1.500 3L14 9.500H5",
  eye: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 12.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400z",
  edit: "M4 16l.8-3.500L13 4.300a1.500 1.500 0 0 1 2.100 0l.6.6a1.500 1.500 0 0 1 0 2.100L7.500 15.200z",
  // Categories
  illegal_dumping: "M5.500 8.500 10 3l4.500 5.500M4 8.500h12L14.500 17h-9zM8 11.500v3M12 11.500v3",
  street_vending: "M3 8 4.500 3.500h11L17 8zM3 8c0 2.700 3.500 2.700 3.500 0 0 2.700 3.500 2.700 3.500 0 0 2.700 3.500 2.700 3.500 0 0 2.700 3.500 2.700 3.500 0M4.500 11v6h11v-6",
  ground_lock: "M3 16.500h14M5 16.500 8.500 6h3L15 16.500M8.500 6a1.500 1.500 0 0 1 3 0M7 11.500h6",
  overflowing_bin: "M5 8h10l-1 9H6zM4 8h12M7 5.500c0-2 2-2 2-.5M11 5.500c0-2.500 3-2 2.500 0",
  camera_health: "M3 7h3l1.500-2h5L14 7h3v9H3zM8 9.500l4 4M12 9.500l-4 4",
  other: "M10 3.500 16.500 10 10 16.500 3.500 10z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  const solid = name === "play";
  return (
    <svg
      viewBox="0 0 20 20"
      width={size}
      height={size}
      fill={solid ? "currentColor" : "none"}
      stroke="currentColor"
      strokeWidth={1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

const CATEGORY_COLOURS = ["illegal_dumping", "street_vending", "ground_lock", "overflowing_bin"];

export function categoryColour(category: string): string {
  const number = CATEGORY_COLOURS.indexOf(category);
  return `var(--cat-${number < 0 ? 5 : number + 1})`;
}

export function CategoryMark({ category, size = 18 }: { category: string; size?: number }) {
  const name = (category in PATHS ? category : "other") as IconName;
  return (
    <span className="catmark" style={{ color: categoryColour(category) }}>
      <Icon name={name} size={size} />
    </span>
  );
}
