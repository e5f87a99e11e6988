"use client";

import { useId } from "react";

/** The answer of `GET /storefront/v1/free-shipping`; amounts are decimal strings. */
export type FreeShipping = {
	threshold: string;
	currency: string;
	left: string;
	share: number;
	earned: boolean;
	/** With its amounts filled in. */
	text: string;
	/** The same with `{left}` and `{threshold}` in it, for the page's own way to write money. */
	tokens?: string;
	personal: boolean;
	/** ISO 8601; a promise that ends. */
	until?: string;
};

type Props = {
	said: FreeShipping;
	locale: string;
	subtotal: number;
	className?: string;
};

/**
 * How far the basket is from free shipping. It follows `subtotal`, so that it may stand in a client component
 * whose basket changes before the server has answered again.
 */
export function RetentionBar({ said, locale, subtotal, className = "" }: Props) {
	const text = useId();
	const format = new Intl.NumberFormat(locale, { style: "currency", currency: said.currency });
	const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
	// In the currency's smallest unit, halves up, as the app and the checkout round.
	const units = (amount: number | string) => Math.round(Number(`${amount}e${digits}`)) || 0;
	const money = (amount: number) => format.format(amount / 10 ** digits);
	const goal = units(said.threshold);
	const got = units(subtotal);
	const left = Math.max(0, goal - got);
	const percent = left ? Math.floor((got / goal) * 100) : 100;
	const amounts = `${money(got)} / ${money(goal)}`;
	// Its text is for the state that it was asked for; until the next answer the amounts speak for themselves.
	const words =
		said.earned !== (left === 0)
			? amounts
			: (said.tokens?.replaceAll("{left}", () => money(left)).replaceAll("{threshold}", () => money(goal)) ??
				said.text);

	return (
		<div className={`py-3 text-sm ${className}`}>
			<p id={text} aria-live="polite" className={left ? undefined : "font-medium text-success"}>
				{words}
			</p>
			<div
				role="progressbar"
				aria-labelledby={text}
				aria-valuemin={0}
				aria-valuemax={100}
				aria-valuenow={percent}
				aria-valuetext={amounts}
				className="mt-2 rounded-full bg-border"
			>
				<div
					className={`h-2 rounded-full transition-[width] motion-reduce:transition-none ${left ? "bg-foreground" : "bg-success"}`}
					style={{ width: `${percent}%` }}
				/>
			</div>
		</div>
	);
}
