export default function P(_: {id?: string|null}) { return null; }
