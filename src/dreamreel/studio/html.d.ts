// What html.js gives, with types, for `tsc --checkJs` (tests/studio/test_modules.py). No browser reads this.

export interface ReadonlySignal<T> {
  readonly value: T
  peek(): T
}
export interface Signal<T> extends ReadonlySignal<T> {
  value: T
}
export interface Ref<T = any> {
  current: T
}
export function html(strings: TemplateStringsArray, ...values: unknown[]): any
export function render(what: unknown, where: Element): void
export function signal<T>(value: T): Signal<T>
export function computed<T>(compute: () => T): ReadonlySignal<T>
export function effect(run: () => void | (() => void)): () => void
export function toggle<T>(held: Signal<Set<T>>, one: T): void
export function batch<T>(run: () => T): T
export function useEffect(run: () => unknown, when?: unknown[]): void
export function useLayoutEffect(run: () => unknown, when?: unknown[]): void
export function useMemo<T>(compute: () => T, when: unknown[]): T
export function useRef<T = any>(value?: T): Ref<T>
export function useState<T>(value: T): [T, (to: T) => void]
