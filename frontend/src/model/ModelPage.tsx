import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client";
import type { Models } from "../api/types";
import { Button, Dialog, Empty, explain, Failed, FieldError, Loading, useToast } from "../design/ui";
import { useSpeech } from "../i18n";
import { useMay } from "../shell/me";
import { Markdown } from "./Markdown";

/** `name@version`, as cases name their model. */
function full(models: Models, name: string | null): string {
  const found = models.models.find((one) => one.name === name);
  return found ? `${found.name}@${found.version}` : (name ?? "–");
}

export default function ModelPage() {
  const speech = useSpeech();
  const { t, percent, number } = speech;
  const admin = useMay("admin");
  const toast = useToast();
  const client = useQueryClient();
  const models = useQuery({ queryKey: ["models"], queryFn: ({ signal }) => api.get<Models>("/models", undefined, signal) });
  const [ask, setAsk] = useState<{ model: string; name: string } | null>(null);
  const [error, setError] = useState<unknown>(null);
  if (models.error) return <Failed error={models.error} retry={() => void models.refetch()} />;
  if (!models.data) return <Loading />;
  const { in_force, named, card, shadow } = models.data;
  // A site that names a model stays with it, whatever is the default.
  const current = named === "default" ? in_force : named;
  const others = models.data.models.filter((one) => one.name !== current);
  const use = async () => {
    if (!ask) return;
    setError(null);
    try {
      await api.post("/models/use", { model: ask.model });
      setAsk(null);
      toast({ text: t("model.done") });
      await client.invalidateQueries({ queryKey: ["models"] });
    } catch (reason) {
      setError(reason);
    }
  };
  const total = shadow ? shadow.both + shadow.candidate_only + shadow.in_force_only : 0;
  return (
    <div className="page" tabIndex={0}>
      <div className="page-head">
        <h1>{t("model.title")}</h1><span className="grow" />
        {admin && <Button icon="undo" onClick={() => setAsk({ model: "former", name: "" })}>{t("model.former")}</Button>}
      </div>
      <div className="model-grid">
        <div className="stack">
          <section className="panel in-force"><header><h2>{t("model.inForce")}</h2></header><div className="body"><p className="big mono">{full(models.data, current)}</p>{named !== "default" && <p className="small muted">{t("model.fixed", { model: named })}</p>}</div></section>
          <section className="panel">
            <header><h2 className="grow">{t("model.shadow")}</h2>{shadow && <span className="mono small">{shadow.model}</span>}</header>
            <div className="body">
              {!shadow ? <p className="muted">{t("model.shadowNone")}</p> : (
                <ul className="hbars">
                  {([["shadowBoth", shadow.both], ["shadowCandidate", shadow.candidate_only], ["shadowInForce", shadow.in_force_only]] as const).map(([name, value]) => (
                    <li key={name}><span>{t(`model.${name}`)}</span><span className="track"><i style={{ width: `${total ? (value / total) * 100 : 0}%` }} /></span><strong className="num">{number(value)} <small className="muted">{total ? percent(value / total) : ""}</small></strong></li>
                  ))}
                </ul>
              )}
            </div>
          </section>
          <section className="panel">
            <header><h2>{t("model.available")}</h2></header>
            {!others.length ? <div className="body muted">{t("model.none")}</div> : (
              <ul className="plain">{others.map((one) => <li key={one.name} className="row"><span className="mono grow cut">{one.name}@{one.version}</span><span className="tag">{one.licence}</span>{admin && <Button small onClick={() => setAsk({ model: one.name, name: `${one.name}@${one.version}` })}>{t("model.promote")}</Button>}</li>)}</ul>
            )}
          </section>
        </div>
        <section className="panel card-panel"><header><h2>{t("model.card")}</h2></header><div className="body">{card ? <Markdown text={card} /> : <Empty icon="model" title={t("model.noCard")} />}</div></section>
      </div>
      {ask && (
        <Dialog title={ask.model === "former" ? t("model.formerAsk") : t("model.promoteAsk", { model: ask.name })} onClose={() => setAsk(null)}
          footer={<><Button onClick={() => setAsk(null)}>{t("do.cancel")}</Button><Button tone="primary" onClick={() => void use()}>{t("do.confirm")}</Button></>}>
          <p>{t("model.promoteLead")}</p>
          {error !== null && <FieldError>{explain(error, speech)}</FieldError>}
        </Dialog>
      )}
    </div>
  );
}
