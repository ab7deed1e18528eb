"""Two sentences in every language that the pack ``world`` reads: one that thanks, and one that is rude."""

SAID = {
    "ar": ("شكرا جزيلا على هذا التقرير المفيد عن الترام في مدينتنا.", "أنت غبي وكذاب ولا تفهم أي شيء يا حمار."),
    "cs": ("Děkuji za tento užitečný článek o tramvajích v našem městě.", "Jsi úplný idiot a ubohý lhář."),
    "de": (
        "Vielen Dank für diesen nützlichen Bericht über die Straßenbahn.",
        "Du bist ein Idiot und ein elender Lügner.",
    ),
    "en": ("Thank you for this useful report about the trams in our town.", "You are an idiot and a pathetic liar."),
    "es": ("Muchas gracias por este reportaje tan útil sobre el tranvía.", "Eres un idiota y un mentiroso asqueroso."),
    "fr": ("Merci beaucoup pour cet article très utile sur le tramway.", "Tu es un idiot et un sale menteur."),
    "hi": ("हमारे शहर की ट्राम के बारे में इस उपयोगी रिपोर्ट के लिए धन्यवाद।", "तुम बेवकूफ और घटिया झूठे हो, कुत्ते।"),
    "hi-Latn": (
        "Is report ke liye bahut dhanyavaad, hamare shahar mein tram ki bahut zaroorat hai.",
        "Tum bewakoof aur ghatiya jhoothe ho, kutte.",
    ),
    "id": (
        "Terima kasih banyak atas laporan yang berguna tentang trem di kota kami.",
        "Kamu bodoh sekali dan pembohong, anjing.",
    ),
    "it": ("Grazie mille per questo articolo molto utile sul tram in città.", "Sei un idiota e un bugiardo schifoso."),
    "ja": (
        "私たちの町の路面電車についての、とても役に立つ記事をありがとうございました。",
        "お前は馬鹿で最低の嘘つきだ、消えろクズ。",
    ),
    "ko": (
        "우리 도시의 전차에 대한 이렇게 유익한 기사를 써 주셔서 정말 감사합니다.",
        "너는 멍청한 거짓말쟁이 새끼야, 꺼져 병신아.",
    ),
    "nl": (
        "Hartelijk dank voor dit nuttige artikel over de tram in onze stad.",
        "Je bent een idioot en een smerige leugenaar.",
    ),
    "pl": ("Bardzo dziękuję za ten pożyteczny artykuł o tramwajach w mieście.", "Jesteś idiotą i żałosnym kłamcą."),
    "pt": (
        "Muito obrigado por esta reportagem tão útil sobre o bonde da cidade.",
        "Você é um idiota e um mentiroso nojento.",
    ),
    "ru": ("Большое спасибо за эту полезную статью о трамваях в нашем городе.", "Ты идиот и жалкий лжец."),
    "sv": (
        "Tack så mycket för den här nyttiga artikeln om spårvagnen i vår stad.",
        "Du är en idiot och en äcklig lögnare.",
    ),
    "tr": (
        "Şehrimizdeki tramvay hakkındaki bu yararlı haber için çok teşekkürler.",
        "Sen aptalın tekisin, şerefsiz yalancı.",
    ),
    "vi": (
        "Cảm ơn bài báo rất hữu ích này về xe điện ở thành phố của chúng ta.",
        "Mày là thằng ngu và đồ nói dối khốn nạn.",
    ),
    "zh": (
        "非常感谢您写的这篇关于我们城市有轨电车的文章，对我们大家都很有帮助，写得真好。",
        "你这个白痴骗子，给我滚开，真是恶心的垃圾。",
    ),
}
