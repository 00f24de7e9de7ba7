import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import type { Diff, Version } from "../api/types";
import { Button, Dialog, Empty, explain, Failed, Field, FieldError, Loading } from "../design/ui";
import { useSpeech } from "../i18n";

export function VersionsPanel({ camera, readOnly, dirty, onRolledBack }: { camera: string; readOnly: boolean; dirty: boolean; onRolledBack: (version: string | number) => void }) {
  const { t, moment, words } = useSpeech();
  const versions = useQuery({ queryKey: ["versions", camera], queryFn: ({ signal }) => api.get<Version[]>("/versions", { camera }, signal) });
  const [diff, setDiff] = useState<Version | null>(null);
  const [back, setBack] = useState<Version | null>(null);
  if (versions.error) return <Failed error={versions.error} retry={() => void versions.refetch()} />;
  if (!versions.data) return <Loading />;
  if (!versions.data.length) return <Empty icon="clock" title={t("versions.none")} />;
  return (
    <>
      {dirty && <p className="hint">{t("versions.unsafe")}</p>}
      <ol className="versions">
        {versions.data.map((version, number) => (
          <li key={version.version}>
            <div className="row"><strong>#{version.version}</strong>{number === 0 && <span className="tag accent">{t("versions.current")}</span>}<span className="grow" /><time className="small muted">{moment(version.at)}</time></div>
            <p>{version.reason || "–"}</p>
            <p className="small muted">{version.author}{version.summary ? ` · ${words(version.summary)}` : ""}</p>
            <div className="row">
              <Button small onClick={() => setDiff(version)}>{t("versions.diff")}</Button>
              {number > 0 && !readOnly && <Button small disabled={dirty} onClick={() => setBack(version)}>{t("versions.rollback")}</Button>}
            </div>
          </li>
        ))}
      </ol>
      {diff && <DiffDialog version={diff} onClose={() => setDiff(null)} />}
      {back && <RollbackDialog version={back} onClose={() => setBack(null)} onDone={(made) => { setBack(null); onRolledBack(made); }} />}
    </>
  );
}

function DiffDialog({ version, onClose }: { version: Version; onClose: () => void }) {
  const { t } = useSpeech();
  const diff = useQuery({ queryKey: ["diff", version.version], queryFn: ({ signal }) => api.get<Diff>(`/versions/${version.version}/diff`, undefined, signal), staleTime: Infinity });
  return (
    <Dialog wide title={`#${version.version} · ${version.reason || t("versions.diff")}`} onClose={onClose}>
      {diff.error ? <Failed error={diff.error} /> : !diff.data ? <Loading /> : (
        <pre className="diff" tabIndex={0}>
          {diff.data.diff.split("\n").filter((line) => !/^(---|\+\+\+)/.test(line)).map((line, number) => (
            <span key={number} className={line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : line.startsWith("@@") ? "at" : ""}>{line || " "}{"\n"}</span>
          ))}
        </pre>
      )}
    </Dialog>
  );
}

function RollbackDialog({ version, onClose, onDone }: { version: Version; onClose: () => void; onDone: (version: string | number) => void }) {
  const speech = useSpeech();
  const { t } = speech;
  const [reason, setReason] = useState("");
  const [error, setError] = useState<unknown>(null);
  const save = () => api.post<{ version: string | number }>(`/versions/${version.version}/rollback`, { reason: reason.trim() }).then((made) => onDone(made.version), setError);
  return (
    <Dialog title={t("versions.rollbackTitle", { version: version.version })} onClose={onClose}
      footer={<><Button onClick={onClose}>{t("do.cancel")}</Button><Button tone="primary" type="submit" form="rollback">{t("versions.rollback")}</Button></>}>
      <form id="rollback" className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <p className="muted">{t("versions.rollbackLead")}</p>
        <Field label={t("zones.reason")}>{(props) => <textarea {...props} className="i" required maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />}</Field>
        {error !== null && <FieldError>{explain(error, speech)}</FieldError>}
      </form>
    </Dialog>
  );
}
