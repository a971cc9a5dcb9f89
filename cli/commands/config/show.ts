/**
 * `config`.
 *
 * @module
 */

import { dump } from "js-yaml";
import { nested, shownSettings } from "../../config/show.ts";
import type { Context } from "../../context.ts";

/** Shows the effective configuration. */
export async function runConfigShow({ settings, out }: Context): Promise<void> {
  const shown = shownSettings(settings);
  const blocks = Object.fromEntries(
    Object.entries(settings.registries).map(([host, block]) => [host, {
      ...block.insecure !== undefined && { insecure: block.insecure },
      ...block.insecureSkipTlsVerify !== undefined &&
        { "insecure-skip-tls-verify": block.insecureSkipTlsVerify },
      ...block.caFile !== undefined && { "ca-file": block.caFile.path },
    }]),
  );
  const files = settings.files.map(({ path }) => path);
  if (out.json) return await out.result({ settings: shown, registries: blocks, files });
  const document = {
    ...nested(shown),
    ...Object.keys(blocks).length > 0 && { registries: blocks },
  };
  // Folded by YAML's own rules: a line that is just broken between words may be other YAML, or none.
  const lineWidth = out.columns === Infinity ? -1 : out.columns;
  await out.text(dump(document, { lineWidth }));
}
