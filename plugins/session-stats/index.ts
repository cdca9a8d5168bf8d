import { definePlugin, Type, withDefault } from 'lunaroute'
import { sessionFeedService, statisticsService } from 'lunaroute/sessions'
import { formatStatistics } from './format.ts'
import { readStored } from './stored.ts'
import { Tracker } from './tracker.ts'

/** Sums up recorded sessions: tokens, tools, times and costs. Prints the sums when the gateway ends. */
export default definePlugin({
  name: 'session-stats',
  section: 'session_stats',
  failure: 'open',
  options: Type.Object(
    {
      max_sessions: withDefault(
        Type.Integer({ minimum: 1, description: 'So many sessions are kept one by one, those of late.' }),
        100,
      ),
      print: withDefault(
        Type.Boolean({ description: 'Whether the log gets the statistics when the gateway ends.' }),
        true,
      ),
    },
    { additionalProperties: false },
  ),
  setup({ max_sessions, print }, { keep, offer, offers, log }) {
    // It lives as long as the gateway: the last generation to let go of it is the end.
    const tracker = keep(
      'tracker',
      () => new Tracker(max_sessions),
      each => each.close(),
    )
    tracker.maxSessions = max_sessions
    tracker.print = print ? statistics => log.info(`session statistics\n${formatStatistics(statistics)}`) : undefined
    offer(statisticsService, {
      read: () => tracker.read(),
      readFrom: (store, filter) => readStored(store, filter, max_sessions),
      format: formatStatistics,
    })
    let isFollowing = false
    return {
      ingress() {
        // Before the first exchange every plugin is set up, and nothing has been recorded.
        if (isFollowing) return
        isFollowing = true
        for (const feed of offers(sessionFeedService)) tracker.follow(feed)
      },
    }
  },
})
