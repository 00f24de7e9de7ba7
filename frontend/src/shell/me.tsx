import { createContext, useContext } from "react";
import type { Me, Role } from "../api/types";

const ORDER: Role[] = ["viewer", "operator", "tuner", "admin"];

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("only for pages behind the login");
  return me;
}

/** Whether this person's role allows what `role` may do. */
export function useMay(role: Role): boolean {
  return ORDER.indexOf(useMe().role) >= ORDER.indexOf(role);
}
