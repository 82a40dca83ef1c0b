/** The bounds of outbound webhooks: of the endpoints that admins keep, and of the deliveries to them. */
export const webhookLimits = {
  webhookEndpointsMax: 50,
  webhookEndpointBodyBytesMax: 65_536,
  webhookUrlCharactersMax: 2_048,
  webhookDescriptionCharactersMax: 200,
  webhookEndpointEventsMax: 50,
  /** How long the secret before a rotation keeps signing too. */
  webhookPreviousSecretDefaultSeconds: 86_400,
  webhookPreviousSecretMaxSeconds: 604_800,
  webhookDeliveriesPerPageDefault: 50,
  webhookDeliveriesPerPageMax: 100,
  /** The attempts that the log of a delivery keeps. */
  webhookAttemptsKeptMax: 10,
  /** The time in which a receiver has to answer. */
  webhookDeadlineMs: 10_000,
} as const
