import "server-only";

import { askRetention } from "./retention-api";
import { type FreeShipping, RetentionBar } from "./retention-bar";

/** What free shipping takes for whoever is signed in; null whatever goes wrong. */
export function getFreeShipping(
	channel: string,
	locale: string,
	subtotal: number,
): Promise<FreeShipping | null> {
	return askRetention<FreeShipping>("free-shipping", [
		["channel", channel],
		["lang", locale],
		["subtotal", Math.max(0, subtotal).toFixed(3)],
	]);
}

type Props = {
	channel: string;
	/** BCP 47, such as `resolveLocaleFromSlug(params.locale).bcp47`. */
	locale: string;
	/** As the page shows it: gross or net. */
	subtotal: number;
};

/** Inside a `<Suspense>` of its own: it reads the session. */
export async function RetentionFreeShipping({ channel, locale, subtotal }: Props) {
	const said = await getFreeShipping(channel, locale, subtotal);
	return said && <RetentionBar said={said} locale={locale} subtotal={subtotal} />;
}
