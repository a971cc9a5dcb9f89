/**
 * The grammar of media types (RFC 6838, 4.2), as descriptor.md demands it of every descriptor.
 *
 * @module
 */

const NAME = String.raw`[a-zA-Z0-9][\w!#$&^.+-]{0,126}`;
const MEDIA_TYPE = new RegExp(`^${NAME}/${NAME}$`);

/** Whether a text is a media type. What is none cannot be written: no reader would take it. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text);
}
