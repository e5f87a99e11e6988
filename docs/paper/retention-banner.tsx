import "server-only";

import { NavHrefLink } from "@/ui/atoms/nav-href-link";
import { askRetention } from "./retention-api";

/** What `GET /storefront/v1/content` says of one place. */
type Content = {
	title: string;
	text: string;
	/** A path of the shop, or a whole https address. */
	href: string | null;
	link: string | null;
	/** The shopper's own, with the moment it ends (ISO 8601). */
	code: string | null;
	until: string | null;
};

type Props = {
	slot: string;
	channel: string;
	/** BCP 47, such as `resolveLocaleFromSlug(params.locale).bcp47`. */
	locale: string;
};

/** What is shown in a place to whoever is signed in, or to guests. Inside a `<Suspense>`: it reads the session. */
export async function RetentionBanner({ slot, channel, locale }: Props) {
	const said = await askRetention<{ slots: Record<string, Content> }>("content", [
		["channel", channel],
		["lang", locale],
		["slot", slot],
	]);
	const content = said?.slots[slot];
	if (!content) {
		return null;
	}
	const { title, text, href, link, code, until } = content;
	const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
	const leadOn = (words: string) =>
		href && (
			<NavHrefLink href={href} className="underline underline-offset-2 hover:no-underline">
				{words}
			</NavHrefLink>
		);

	return (
		<aside className="flex flex-wrap items-center gap-x-4 gap-y-1 rounded-md border border-border bg-muted px-4 py-3 text-sm text-foreground">
			<p className="min-w-0">
				{title && <strong className="mr-2 font-semibold">{title}</strong>}
				{href && !link ? leadOn(text) : text}
			</p>
			{code && (
				<code className="select-all rounded-md border border-dashed px-2 py-1 font-semibold">{code}</code>
			)}
			{until && (
				<time dateTime={until} className="text-muted-foreground">
					{day.format(new Date(until))}
				</time>
			)}
			{link && leadOn(link)}
		</aside>
	);
}
