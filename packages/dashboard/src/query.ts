/** Reading and changing through the API, with a cache that knows which reads a change makes stale. */
import {
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { type Answer, call, type Input, type OperationName } from './api.ts'
import { refusalOf } from './refusal.ts'

/** Refusals of this kind do not change by asking again. */
const isFinal = (error: unknown) => {
  const { status } = refusalOf(error)
  return status >= 400 && status < 500
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (count, error) => !isFinal(error) && count < 2,
    },
  },
})

type ReadOptions<T> = {
  enabled?: boolean
  /** Milliseconds between reads while the page is looked at; a function decides by what came last. */
  every?: number | false | ((answer: T | undefined) => number | false)
  /** What was shown stays until the new answer is here. */
  keep?: boolean
}

export function useRead<N extends OperationName>(
  name: N,
  input: Input<N>,
  options: ReadOptions<Answer<N>> = {},
) {
  const { enabled = true, every = false, keep = false } = options
  return useQuery({
    queryKey: [name, input],
    queryFn: ({ signal }) => call(name, input, { signal }),
    enabled,
    refetchInterval: typeof every === 'function' ? query => every(query.state.data) : every,
    placeholderData: keep ? keepPreviousData : undefined,
  })
}

type ListName = {
  [N in OperationName]: Answer<N> extends { data: unknown[]; pagination: { next_cursor: string | null } }
    ? N
    : never
}[OperationName]
type Item<N extends ListName> = Answer<N>['data'][number]

/** A list read page by page. `items` is all that was read so far; new rows of a re-read do not shift the pages behind. */
export function usePages<N extends ListName>(
  name: N,
  query: Record<string, unknown>,
  {
    every = false,
    limit = 50,
    enabled = true,
  }: { every?: number | false; limit?: number; enabled?: boolean } = {},
) {
  const pages = useInfiniteQuery({
    queryKey: [name, { query }, 'pages', limit],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) =>
      call(name, { query: { ...query, limit, cursor: pageParam } } as Input<N>, { signal }),
    getNextPageParam: last => last.pagination.next_cursor ?? undefined,
    refetchInterval: every,
    enabled,
  })
  return {
    ...pages,
    items: (pages.data?.pages.flatMap(page => page.data as unknown[]) ?? []) as unknown as Item<N>[],
  }
}

/** A change. Everything that is read through an operation of `stale` is read again after it. */
export function useChange<N extends OperationName>(
  name: N,
  { stale = [], done }: { stale?: readonly OperationName[]; done?: (answer: Answer<N>) => void } = {},
) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (input: Input<N>) => call(name, input),
    onSuccess: async answer => {
      await Promise.all(stale.map(operation => client.invalidateQueries({ queryKey: [operation] })))
      done?.(answer)
    },
  })
}
