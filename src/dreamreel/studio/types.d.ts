// What travels between the API and the page, and between its modules. For `tsc --checkJs`; no browser reads this.

/** A prediction, as the API tells it (docs/api.md). */
export interface Film {
  id: string
  status: "starting" | "processing" | "succeeded" | "failed" | "canceled"
  version: string
  model: string
  input: Record<string, any>
  logs: string
  error: string | null
  data_removed: boolean
  created_at: string
  metrics: { frames?: number; predict_time?: number }
  urls: { video: string; web: string }
  seed?: number
  name?: string
  starred?: boolean
  tags?: string[]
}
/** The film that is open, as far as it is known. eta: seconds left. heard: when, milliseconds. */
export interface Run {
  prediction: Film | null
  prompts: Prompt[]
  done: number
  total: number
  eta: number | null
  logs: string
  missing: any
  heard: number
  /** A frame between its steps, until it is finished. */
  drawing: { idx: number; evaluation: number; evaluations: number; image: string } | null
}
/** What is composed: inputs of a model (owner/name), by name. */
export interface Draft {
  model: string
  inputs: Record<string, any>
}
export interface Prompt {
  frame: number
  text: string
  place?: [number, number]
}
/** A keyframe of a schedule, with its places in the text; value: null for a formula. */
export interface Key {
  frame: number
  value: number | null
  place: [number, number]
  frame_place: [number, number]
  value_place: [number, number]
}
/** A keyframe of a text of names, with its places in the text. */
export interface NameKey extends Omit<Key, "value"> {
  value: string
}
/** What POST /validate answers, and the inputs that it is about. */
export interface Checked {
  input: Record<string, any>
  sent: Record<string, any>
  warnings: { field: string; message: string; fixes?: any[] }[]
  canvas: { width: number; height: number; steps: number }
  schedules: Record<string, { values: number[]; keys: Key[] }>
  names: Record<string, { keys: NameKey[] }>
  prompts: Prompt[]
  prompt_grammar: string
  estimated_seconds: number | null
}
export interface Problem {
  name: string
  message: string
  column?: number
}
/** [a, b, c, d, e, f]: x' = a x + c y + e, y' = b x + d y + f. */
export type Matrix = [number, number, number, number, number, number]
export interface Marks {
  from: number | null
  to: number | null
}
/** Films as one item of the library: see itemsOf. */
export interface Item {
  key: string
  films: Film[]
  spread: string | null
}
