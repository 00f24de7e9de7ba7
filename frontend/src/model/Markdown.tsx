/** The part of Markdown that model cards use, as elements: no HTML of the card is ever put into the page. */

import type { ReactNode } from "react";

function inline(text: string): ReactNode[] {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))/g).map((part, at) => {
    if (part.startsWith("`")) return <code key={at}>{part.slice(1, -1)}</code>;
    if (part.startsWith("**")) return <strong key={at}>{part.slice(2, -2)}</strong>;
    const link = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(part);
    if (link) return /^https:\/\//.test(link[2] ?? "") ? <a key={at} href={link[2]} rel="noreferrer noopener" target="_blank">{link[1]}</a> : <span key={at}>{link[1]}</span>;
    return part;
  });
}

const cells = (line: string) => line.trim().replace(/^\||\|$/g, "").split("|").map((one) => one.trim());

export function Markdown({ text }: { text: string }) {
  const lines = text.split("\n");
  const out: ReactNode[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? "";
    const heading = /^(#{1,4})\s+(.*)$/.exec(line);
    if (!line.trim()) at += 1;
    else if (heading) {
      const Tag = (`h${Math.min(4, (heading[1] ?? "#").length + 1)}`) as "h2";
      out.push(<Tag key={at}>{inline(heading[2] ?? "")}</Tag>);
      at += 1;
    } else if (line.startsWith("```")) {
      const end = lines.findIndex((one, number) => number > at && one.startsWith("```"));
      out.push(<pre key={at} tabIndex={0}>{lines.slice(at + 1, end < 0 ? undefined : end).join("\n")}</pre>);
      at = end < 0 ? lines.length : end + 1;
    } else if (line.trim().startsWith("|")) {
      const start = at;
      while (at < lines.length && (lines[at] ?? "").trim().startsWith("|")) at += 1;
      const [head, , ...body] = lines.slice(start, at);
      out.push(
        <div key={start} className="scroll-x" tabIndex={0}><table className="table"><thead><tr>{cells(head ?? "").map((one, n) => <th key={n}>{inline(one)}</th>)}</tr></thead>
          <tbody>{body.map((row, n) => <tr key={n}>{cells(row).map((one, m) => <td key={m}>{inline(one)}</td>)}</tr>)}</tbody></table></div>,
      );
    } else if (/^\s*[-*]\s/.test(line)) {
      const start = at;
      const items: string[] = [];
      while (at < lines.length && /^(\s*[-*]\s|\s{2,}\S)/.test(lines[at] ?? "")) {
        const text = lines[at] ?? "";
        if (/^\s*[-*]\s/.test(text)) items.push(text.replace(/^\s*[-*]\s/, ""));
        else items[items.length - 1] += ` ${text.trim()}`;
        at += 1;
      }
      out.push(<ul key={start}>{items.map((one, n) => <li key={n}>{inline(one)}</li>)}</ul>);
    } else {
      const start = at;
      while (at < lines.length && (lines[at] ?? "").trim() && !/^(#|```|\||\s*[-*]\s)/.test(lines[at] ?? "")) at += 1;
      out.push(<p key={start}>{inline(lines.slice(start, Math.max(at, start + 1)).join(" "))}</p>);
      at = Math.max(at, start + 1);
    }
  }
  return <div className="prose">{out}</div>;
}
