"""What stands on the customer's page, by language; the first is for every other one."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "title": {
        "en": "What {shop} may send you",
        "de": "Was {shop} Ihnen senden darf",
        "pl": "Co {shop} może Ci wysyłać",
    },
    "mail": {
        "en": "Offers and news by e-mail",
        "de": "Angebote und Neues per E-Mail",
        "pl": "Oferty i nowości e-mailem",
    },
    "sms": {"en": "Offers and news by SMS", "de": "Angebote und Neues per SMS", "pl": "Oferty i nowości SMS-em"},
    "push": {
        "en": "Offers and news on your device",
        "de": "Angebote und Neues auf Ihrem Gerät",
        "pl": "Oferty i nowości na Twoim urządzeniu",
    },
    "measuring": {
        "en": "See whether I open messages and follow their links",
        "de": "Sehen, ob ich Nachrichten öffne und ihren Links folge",
        "pl": "Sprawdzać, czy otwieram wiadomości i klikam linki",
    },
    "save": {"en": "Save", "de": "Speichern", "pl": "Zapisz"},
    "saved": {"en": "Saved.", "de": "Gespeichert.", "pl": "Zapisano."},
    "opted_out": {
        "en": "Your account at the shop says that you want no offers at all. That can be changed only there.",
        "de": "Ihr Konto im Shop sagt, dass Sie gar keine Angebote möchten. Das lässt sich nur dort ändern.",
        "pl": "Na Twoim koncie w sklepie jest zapisane, że nie chcesz żadnych ofert. Można to zmienić tylko tam.",
    },
    "sure": {
        "en": "No more offers and news from {shop} this way?",
        "de": "Auf diesem Weg keine Angebote und Neuigkeiten mehr von {shop}?",
        "pl": "Nie chcesz już otrzymywać w ten sposób ofert i nowości od {shop}?",
    },
    "unsubscribe": {"en": "Unsubscribe", "de": "Abmelden", "pl": "Wypisz się"},
    "done": {
        "en": "You are unsubscribed: {shop} sends you no more offers this way.",
        "de": "Sie sind abgemeldet: {shop} sendet Ihnen auf diesem Weg keine Angebote mehr.",
        "pl": "Wypisano: {shop} nie będzie już wysyłać Ci ofert w ten sposób.",
    },
    "choose": {
        "en": "Choose what may be sent",
        "de": "Auswählen, was gesendet werden darf",
        "pl": "Wybierz, co można wysyłać",
    },
}
