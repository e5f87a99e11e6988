import "server-only";

import { getServerAuthClient } from "@/lib/auth/server";

/** Asks the app with the session of whoever is signed in; null whatever goes wrong, and where there is nothing. */
export async function askRetention<Answer>(
	path: "content" | "free-shipping",
	params: [string, string][],
): Promise<Answer | null> {
	const app = process.env.RETENTION_URL;
	const shop = process.env.NEXT_PUBLIC_SALEOR_API_URL;
	if (!app || !shop) {
		return null;
	}
	const url = new URL(`/storefront/v1/${path}`, app);
	url.search = new URLSearchParams([["shop", shop], ...params]).toString();
	try {
		const client = await getServerAuthClient();
		const answer = await client.fetchWithAuth(
			url.href,
			// Personal: kept in no cache. A page does not wait for it any longer than this.
			{ cache: "no-store", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(1000) },
			// The app checks the shopper's token against your Saleor's keys.
			{ allowPassingTokenToThirdPartyDomains: true },
		);
		return answer.status === 200 ? ((await answer.json()) as Answer) : null;
	} catch {
		return null;
	}
}
