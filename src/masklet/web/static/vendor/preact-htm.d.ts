/** What the pages use of preact and htm; the names are those of preact-htm.js. */
export interface VNode {
  type: unknown;
  props: object;
}
export type Child = VNode | VNode[] | string | number | boolean | null | undefined | Child[];
export interface Context<T> {
  Provider: (props: { value: T; children?: Child }) => VNode;
}
export interface Ref<T> {
  current: T;
}
type Update<T> = (value: T | ((before: T) => T)) => void;
export function html(parts: TemplateStringsArray, ...values: unknown[]): VNode;
export function render(vnode: Child, into: Element): void;
export function createContext<T>(initial: T): Context<T>;
export function useContext<T>(context: Context<T>): T;
export function useState<T>(initial: T | (() => T)): [T, Update<T>];
export function useReducer<S, A>(reduce: (state: S, action: A) => S, initial: S): [S, (action: A) => void];
export function useEffect(effect: () => void | (() => void), inputs?: unknown[]): void;
export function useLayoutEffect(effect: () => void | (() => void), inputs?: unknown[]): void;
export function useRef<T>(initial: T): Ref<T>;
export function useRef<T>(): Ref<T | undefined>;
export function useMemo<T>(make: () => T, inputs: unknown[]): T;
export function useCallback<F>(callback: F, inputs: unknown[]): F;
export function useErrorBoundary(callback?: (error: Error) => void): [Error | undefined, () => void];
