/** One fault of one header. `name` as the user wrote it. */
export type HeaderProblem = { name: string; detail: string }
export declare function checkUserHeaders(headers: Readonly<Record<string, string>>): HeaderProblem[]
