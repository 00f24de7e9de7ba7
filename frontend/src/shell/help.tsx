import { createContext, useContext } from "react";
import { Dialog } from "../design/ui";
import { useSpeech } from "../i18n";
import { HELP } from "../review/keys";

export const HelpContext = createContext<(open: boolean) => void>(() => {});

export function useHelp(): (open: boolean) => void {
  return useContext(HelpContext);
}

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const { t } = useSpeech();
  return (
    <Dialog wide title={t("keys.title")} onClose={onClose}>
      <div className="keys">
        {HELP.map((group) => (
          <section key={group.title}>
            <h3>{t(group.title)}</h3>
            <dl>
              {group.rows.map(([keys, what]) => (
                <div key={what}>
                  <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
                  <dd>{t(what)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
