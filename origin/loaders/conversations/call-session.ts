import { callSession } from '../../../shared/resources/conversations/call-session.ts'
import { defineLoader } from '../loader.ts'

/** Loads the state of a call in progress. The SQL function returns the declared data. */
export const callSessionLoader = defineLoader(callSession, ({ id }, { workspaceId, query }) =>
  query(callSession.data, 'call_session', { p_workspace: workspaceId, p_call: id }),
)
