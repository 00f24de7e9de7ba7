export default function P(_: {tab?: string}) { return null; }
