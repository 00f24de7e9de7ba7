export default function P(_: {id: string}) { return null; }
