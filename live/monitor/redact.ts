const HIDDEN = '[redacted]';
/** The last words of a name that looks secret, however they are joined: `apiSecret`, `api_secret`, `X-MBX-APIKEY`. */
const SECRET_WORDS =
  'authorization|cookie|credentials?|password|passwd|pwd|passphrase|secret|signature|token|(?:api|access|secret|private|listen)[-_]?key';
const SECRET_KEY = new RegExp(`(?:${SECRET_WORDS})$`, 'i');
/** `name=value` and `name: value` in running text. */
const SECRET_PAIR = new RegExp(
  `\\b([\\w-]*(?:${SECRET_WORDS}))(["']?\\s*[=:]\\s*["']?)(?:(?:bearer|basic)\\s+)?[^\\s&"',;}]+`,
  'gi',
);
const URL_IN_TEXT = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s"'<>]+)/gi;

/** The text without what may be secret: user names, passwords and queries of addresses, values of secret-looking names. */
export function redactText(text: string): string {
  return text
    .replace(URL_IN_TEXT, (_all, scheme: string, rest: string) => scheme + redactAddress(rest))
    .replace(SECRET_PAIR, `$1$2${HIDDEN}`);
}

function redactAddress(rest: string): string {
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const path = end < 0 ? '' : rest.slice(end);
  const at = authority.lastIndexOf('@');
  const host = at < 0 ? authority : `${HIDDEN}@${authority.slice(at + 1)}`;
  const query = path.search(/[?#]/);
  return host + (query < 0 ? path : `${path.slice(0, query + 1)}${HIDDEN}`);
}

/** Fields of a log line, to any depth, with nothing secret in them. Errors become their message, without a stack. */
export function redact(value: unknown, key = ''): unknown {
  if (value !== null && value !== undefined && SECRET_KEY.test(key)) return HIDDEN;
  if (typeof value === 'string') return redactText(value);
  if (value instanceof Error) return { name: value.name, message: redactText(value.message) };
  if (Array.isArray(value)) return value.map((item) => redact(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, redact(each, name)]));
  }
  return value;
}
