import { errorShownSchema } from '../../../../shared/contract/error-shown.ts'
import { ApiFailure } from './failure.ts'

/** Supplies access tokens, and is told when the session is over. */
export interface TokenSource {
  /** A token that is valid for a while yet; null if nobody is signed in. */
  current(): Promise<string | null>
  /** The token in place of one that was refused; null if there is none. Rejects with `ApiFailure` if nobody can be asked for one. */
  renewed(refused: string | null): Promise<string | null>
  /** Called if no token is accepted. `reason` is a sentence for the user. */
  end(reason: string): void
}

const refused = 'The server did not accept it.'

/** Sends a request with the current token and, if that is refused, once with a new one. If that is refused too, the session is over. */
export async function sendWithToken(
  tokens: TokenSource,
  send: (token: string | null) => Promise<Response>,
): Promise<Response> {
  const token = await tokens.current()
  const first = await send(token)
  if (first.status !== 401) return first
  const reason = await reasonOf(first)
  const renewed = await tokens.renewed(token)
  const second = renewed === null ? first : await send(renewed)
  if (second.status === 401) tokens.end(renewed === null ? reason : await reasonOf(second))
  return second
}

/** As `sendWithToken`, for something that only this page reads from a token: null says that it cannot be read. */
export async function readFromToken<Read>(
  tokens: TokenSource,
  read: (token: string) => Read | null,
): Promise<Read> {
  const token = await tokens.current()
  const first = token === null ? null : read(token)
  if (first !== null) return first
  const renewed = await tokens.renewed(token)
  const second = renewed === null ? null : read(renewed)
  if (second !== null) return second
  tokens.end('It could not be read.')
  throw new ApiFailure('Your session could not be read.', { status: 401, code: 'token_invalid' })
}

/** The API's sentence. The answer itself stays unread. */
async function reasonOf(response: Response): Promise<string> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  return errorShownSchema.safeParse(body).data?.error ?? refused
}
