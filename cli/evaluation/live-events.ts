import type { LiveEvent } from '../../live/feed/events.ts';

/** A line for people about what a feed told; undefined for the market's own messages. */
export function describeEvent(event: LiveEvent): string | undefined {
  const at = new Date((event.type === 'market' ? 0 : event.localTime) / 1000).toISOString();
  if (event.type === 'gap') return `${at} ${event.symbol}: gap (${event.cause})`;
  if (event.type === 'synchronised')
    return `${at} ${event.symbol}: book ${event.resync ? 'again ' : ''}known`;
  if (event.type === 'alarm') return `${at} ${event.name}: ${event.text}`;
  if (event.type === 'market') return undefined;
  return `${at} ${event.type} (${event.reason}): ${event.streams.slice(0, 6).join(' ')}`;
}
