"""The language of a response, and the translation of its messages.

Jira responds in the language of the account, and in that of the site to accounts that chose none. English is forced by
`Accept-Language: en` with `X-Force-Accept-Language: true`; the first header alone changes nothing (measured on Jira's
addresses). Whether Assets follows both is unknown: `Doubts` has a switch for each.

Messages of the edge and the gateway have no translation, because they were only ever seen in English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from ..world.entities import Account
from ..world.json_reading import JsonValue
from ..world.site import Site

_LANGUAGES = {"de": 0, "ko": 1}

#: Keys of error bodies and progress documents whose strings are for people.
_PROSE_KEYS = frozenset({"errorMessages", "errorMessage", "errors", "message", "resultMessage"})


#: German and Korean, by the English text. `{}` stands for a variable part, in the same order in all languages. The
#: German text of "Name has to be unique!" is a recorded one; the others are translations of the emulator.
TRANSLATIONS: dict[str, tuple[str, str]] = {
    # Jira
    "The '{}' query parameter is required.": (
        "Der Abfrageparameter '{}' ist erforderlich.",
        "'{}' 쿼리 매개변수가 필요합니다.",
    ),
    "The {} parameter is required.": ("Der Parameter {} ist erforderlich.", "{} 매개변수가 필요합니다."),
    "The query parameter is required.": (
        "Der Abfrageparameter ist erforderlich.",
        "쿼리 매개변수가 필요합니다.",
    ),
    "Unrecognized permission": ("Unbekannte Berechtigung", "인식할 수 없는 권한"),
    "Ability to {}.": ("Fähigkeit: {}.", "{} 기능."),
    "Administer Jira": ("Jira verwalten", "Jira 관리"),
    "System Administrators": ("Systemadministratoren", "시스템 관리자"),
    "Browse users and groups": ("Benutzer und Gruppen durchsuchen", "사용자 및 그룹 찾아보기"),
    "Browse Projects": ("Projekte durchsuchen", "프로젝트 찾아보기"),
    "Create Issues": ("Vorgänge erstellen", "이슈 만들기"),
    "Edit Issues": ("Vorgänge bearbeiten", "이슈 편집"),
    "Service Project Agent": ("Agent für Serviceprojekte", "서비스 프로젝트 에이전트"),
    "You do not have the global permission to browse users and groups.": (
        "Sie haben nicht die globale Berechtigung, Benutzer und Gruppen zu durchsuchen.",
        "사용자 및 그룹을 찾아볼 수 있는 글로벌 권한이 없습니다.",
    ),
    "Specified user does not exist or you do not have required permissions": (
        "Der angegebene Benutzer existiert nicht, oder Ihnen fehlen die erforderlichen Berechtigungen",
        "지정한 사용자가 없거나 필요한 권한이 없습니다",
    ),
    "You are not authorized to perform this action. Administrator privileges are required.": (
        "Sie sind nicht berechtigt, diese Aktion durchzuführen. Administratorrechte sind erforderlich.",
        "이 작업을 수행할 권한이 없습니다. 관리자 권한이 필요합니다.",
    ),
    "The calling app is not authorized to read email addresses.": (
        "Die aufrufende App darf keine Mailadressen lesen.",
        "호출한 앱에는 이메일 주소를 읽을 권한이 없습니다.",
    ),
    "You do not have access to Jira Service Management or to Assets on this site.": (
        "Sie haben auf dieser Website keinen Zugriff auf Jira Service Management oder Assets.",
        "이 사이트의 Jira Service Management 또는 Assets에 대한 액세스 권한이 없습니다.",
    ),
    # Frames around other messages
    "NotFoundInsightException: Could not find {} with id: {}": (
        "NotFoundInsightException: {} mit der ID {} wurde nicht gefunden",
        "NotFoundInsightException: {}을(를) 찾을 수 없음, ID: {}",
    ),
    "PermissionInsightException: {}": ("PermissionInsightException: {}", "PermissionInsightException: {}"),
    "Validation of the AQL query failed: {}": (
        "Die Prüfung der AQL-Abfrage ist fehlgeschlagen: {}",
        "AQL 쿼리의 유효성 검사 실패: {}",
    ),
    "The value provided is invalid: {}": ("Der angegebene Wert ist ungültig: {}", "입력한 값이 잘못되었습니다: {}"),
    "No matching attribute for AQL clause ({})": (
        "Kein passendes Attribut für die AQL-Klausel ({})",
        "AQL 절에 일치하는 속성이 없습니다({})",
    ),
    # Permissions
    "You do not have permission to manage the object schema {}": (
        "Sie sind nicht berechtigt, das Objektschema {} zu verwalten",
        "개체 스키마 {}을(를) 관리할 권한이 없습니다",
    ),
    "You do not have permission to edit objects in the object schema {}": (
        "Sie sind nicht berechtigt, Objekte im Objektschema {} zu bearbeiten",
        "개체 스키마 {}의 개체를 편집할 권한이 없습니다",
    ),
    "You do not have permission to view the object schema {}": (
        "Sie sind nicht berechtigt, das Objektschema {} anzuzeigen",
        "개체 스키마 {}을(를) 볼 권한이 없습니다",
    ),
    "You do not have permission to change the global configuration": (
        "Sie sind nicht berechtigt, die globale Konfiguration zu ändern",
        "글로벌 구성을 변경할 권한이 없습니다",
    ),
    "You do not have permission to read the usage of Assets": (
        "Sie sind nicht berechtigt, die Nutzung von Assets zu lesen",
        "Assets 사용량을 읽을 권한이 없습니다",
    ),
    # Names, schemas, types
    "Name has to be unique!": ("Der Name muss eindeutig sein!", "이름은 고유해야 합니다!"),
    "Key has to be unique!": ("Der Schlüssel muss eindeutig sein!", "키는 고유해야 합니다!"),
    "The name is required.": ("Der Name ist erforderlich.", "이름이 필요합니다."),
    'The name must not contain any of the characters = ; : ? . "': (
        'Der Name darf keines der Zeichen = ; : ? . " enthalten',
        '이름에는 = ; : ? . " 문자를 사용할 수 없습니다',
    ),
    "The key must be 1 to 10 letters and digits and start with a letter.": (
        "Der Schlüssel muss aus 1 bis 10 Buchstaben und Ziffern bestehen und mit einem Buchstaben beginnen.",
        "키는 문자로 시작하는 1~10자의 문자와 숫자여야 합니다.",
    ),
    "The schema is referenced by the attribute {} of {}.": (
        "Auf das Schema verweist das Attribut {} von {}.",
        "속성 {}({})이(가) 스키마를 참조합니다.",
    ),
    "The icon {} does not exist": ("Das Symbol {} existiert nicht", "아이콘 {}이(가) 없습니다"),
    "The object type has objects and cannot become abstract": (
        "Der Objekttyp hat Objekte und kann nicht abstrakt werden",
        "개체가 있는 개체 유형은 추상 유형으로 바꿀 수 없습니다",
    ),
    "The object type belongs to another object schema": (
        "Der Objekttyp gehört zu einem anderen Objektschema",
        "개체 유형이 다른 개체 스키마에 속해 있습니다",
    ),
    "An object type cannot be moved below itself": (
        "Ein Objekttyp kann nicht unter sich selbst verschoben werden",
        "개체 유형을 자기 자신 아래로 이동할 수 없습니다",
    ),
    "The position must not be negative": ("Die Position darf nicht negativ sein", "위치는 음수일 수 없습니다"),
    "The parent belongs to another object schema": (
        "Der übergeordnete Objekttyp gehört zu einem anderen Objektschema",
        "상위 개체 유형이 다른 개체 스키마에 속해 있습니다",
    ),
    "The object type has child object types and cannot be deleted": (
        "Der Objekttyp hat untergeordnete Objekttypen und kann nicht gelöscht werden",
        "하위 개체 유형이 있는 개체 유형은 삭제할 수 없습니다",
    ),
    "The object type is referenced by the attribute {}": (
        "Auf den Objekttyp verweist das Attribut {}",
        "속성 {}이(가) 개체 유형을 참조합니다",
    ),
    "The object schema is read-only": ("Das Objektschema ist schreibgeschützt", "개체 스키마는 읽기 전용입니다"),
    "The object type {} is abstract and cannot have objects": (
        "Der Objekttyp {} ist abstrakt und kann keine Objekte haben",
        "개체 유형 {}은(는) 추상 유형이므로 개체를 가질 수 없습니다",
    ),
    "The object type of an object cannot be changed": (
        "Der Objekttyp eines Objekts kann nicht geändert werden",
        "개체의 개체 유형은 변경할 수 없습니다",
    ),
    # Attributes
    "The type {} is unknown": ("Der Typ {} ist unbekannt", "알 수 없는 유형: {}"),
    "The default type {} is unknown": ("Der Standardtyp {} ist unbekannt", "알 수 없는 기본 유형: {}"),
    "The default type is required for attributes of type 0": (
        "Attribute vom Typ 0 benötigen einen Standardtyp",
        "유형 0의 속성에는 기본 유형이 필요합니다",
    ),
    "The attribute {} is a system attribute and cannot be edited": (
        "Das Attribut {} ist ein Systemattribut und kann nicht bearbeitet werden",
        "속성 {}은(는) 시스템 속성이므로 편집할 수 없습니다",
    ),
    "The type of an attribute with values cannot be changed": (
        "Der Typ eines Attributs mit Werten kann nicht geändert werden",
        "값이 있는 속성의 유형은 변경할 수 없습니다",
    ),
    "The status {} does not exist": ("Der Status {} existiert nicht", "상태 {}이(가) 없습니다"),
    "The cardinality -1 is not accepted": (
        "Die Kardinalität -1 wird nicht akzeptiert",
        "카디널리티 -1은 허용되지 않습니다",
    ),
    "The cardinality is invalid": ("Die Kardinalität ist ungültig", "카디널리티가 잘못되었습니다"),
    "The object type already has a label attribute": (
        "Der Objekttyp hat bereits ein Beschriftungsattribut",
        "개체 유형에 이미 레이블 속성이 있습니다",
    ),
    "The referenced object type is required": (
        "Der referenzierte Objekttyp ist erforderlich",
        "참조되는 개체 유형이 필요합니다",
    ),
    "The reference type is required": ("Der Referenztyp ist erforderlich", "참조 유형이 필요합니다"),
    "The reference type {} does not exist": ("Der Referenztyp {} existiert nicht", "참조 유형 {}이(가) 없습니다"),
    "The object type {} does not exist": ("Der Objekttyp {} existiert nicht", "개체 유형 {}이(가) 없습니다"),
    "The attribute refers to the schema {}, which does not allow other object schemas": (
        "Das Attribut verweist auf das Schema {}, das keine anderen Objektschemas zulässt",
        "속성이 다른 개체 스키마를 허용하지 않는 스키마 {}을(를) 참조합니다",
    ),
    "The attribute {} is required": ("Das Attribut {} ist erforderlich", "속성 {}이(가) 필요합니다"),
    "The attribute {} cannot be removed": (
        "Das Attribut {} kann nicht entfernt werden",
        "속성 {}을(를) 제거할 수 없습니다",
    ),
    "The attribute does not belong to the object type": (
        "Das Attribut gehört nicht zum Objekttyp",
        "속성이 개체 유형에 속하지 않습니다",
    ),
    "The attribute {} cannot be edited": (
        "Das Attribut {} kann nicht bearbeitet werden",
        "속성 {}을(를) 편집할 수 없습니다",
    ),
    # Values
    "Invalid values: {}": ("Ungültige Werte: {}", "잘못된 값: {}"),
    "Invalid Group(s)": ("Ungültige Gruppe(n)", "잘못된 그룹"),
    "User(s) not found in Jira": ("Benutzer in Jira nicht gefunden", "Jira에서 사용자를 찾을 수 없습니다"),
    "The user is invalid due to restrictions": (
        "Der Benutzer ist aufgrund von Einschränkungen ungültig",
        "제한 사항으로 인해 사용자가 잘못되었습니다",
    ),
    "The value must be less than {} characters": (
        "Der Wert muss weniger als {} Zeichen haben",
        "값은 {}자 미만이어야 합니다",
    ),
    "it does not fit {}": ("er passt nicht zu {}", "{}에 맞지 않습니다"),
    "{} is not an integer of 32 bits": ("{} ist keine 32-Bit-Ganzzahl", "{}은(는) 32비트 정수가 아닙니다"),
    "{} is not a number": ("{} ist keine Zahl", "{}은(는) 숫자가 아닙니다"),
    "{} is neither true nor false": ("{} ist weder true noch false", "{}은(는) true도 false도 아닙니다"),
    "{} is not a date": ("{} ist kein Datum", "{}은(는) 날짜가 아닙니다"),
    "{} is not a time": ("{} ist keine Uhrzeit", "{}은(는) 시간이 아닙니다"),
    "{} is not a date and time": ("{} ist kein Zeitpunkt", "{}은(는) 날짜 및 시간이 아닙니다"),
    "{} is out of range": ("{} liegt außerhalb des Bereichs", "{}이(가) 범위를 벗어났습니다"),
    "{} does not start with http:// or https://": (
        "{} beginnt nicht mit http:// oder https://",
        "{}은(는) http:// 또는 https://로 시작하지 않습니다",
    ),
    "{} is not an email address": ("{} ist keine Mailadresse", "{}은(는) 이메일 주소가 아닙니다"),
    "{} is not an IP address": ("{} ist keine IP-Adresse", "{}은(는) IP 주소가 아닙니다"),
    "{} is not valid Object id or key": (
        "{} ist keine gültige Objekt-ID und kein gültiger Schlüssel",
        "{}은(는) 유효한 개체 ID 또는 키가 아닙니다",
    ),
    "{} is invalid due to restrictions of the referenced object type": (
        "{} ist aufgrund von Einschränkungen des referenzierten Objekttyps ungültig",
        "참조되는 개체 유형의 제한 사항으로 인해 {}이(가) 잘못되었습니다",
    ),
    "{} is not one of the statuses": ("{} ist keiner der Status", "{}은(는) 상태 중 하나가 아닙니다"),
    # Configuration and roles
    "The category must be 0, 1 or 2": ("Die Kategorie muss 0, 1 oder 2 sein", "범주는 0, 1 또는 2여야 합니다"),
    "The name must have 2 to 30 letters, digits, blanks or hyphens": (
        "Der Name muss aus 2 bis 30 Buchstaben, Ziffern, Leerzeichen oder Bindestrichen bestehen",
        "이름은 2~30자의 문자, 숫자, 공백 또는 하이픈이어야 합니다",
    ),
    "The status {} is in use and cannot be deleted": (
        "Der Status {} wird verwendet und kann nicht gelöscht werden",
        "상태 {}은(는) 사용 중이므로 삭제할 수 없습니다",
    ),
    "The reference type {} cannot be deleted": (
        "Der Referenztyp {} kann nicht gelöscht werden",
        "참조 유형 {}을(를) 삭제할 수 없습니다",
    ),
    "The user {} does not exist": ("Der Benutzer {} existiert nicht", "사용자 {}이(가) 없습니다"),
    "The group {} does not exist": ("Die Gruppe {} existiert nicht", "그룹 {}이(가) 없습니다"),
    "Actors must be a list of account ids or group names": (
        "Akteure müssen eine Liste von Konto-IDs oder Gruppennamen sein",
        "행위자는 계정 ID 또는 그룹 이름 목록이어야 합니다",
    ),
    # Requests
    "The request body must be a JSON object": (
        "Der Anforderungstext muss ein JSON-Objekt sein",
        "요청 본문은 JSON 개체여야 합니다",
    ),
    "The parameter {} must be an integer of at least {}": (
        "Der Parameter {} muss eine Ganzzahl von mindestens {} sein",
        "매개변수 {}은(는) {} 이상의 정수여야 합니다",
    ),
    "The parameter {} must be true or false": (
        "Der Parameter {} muss true oder false sein",
        "매개변수 {}은(는) true 또는 false여야 합니다",
    ),
    "The parameter {} is required": ("Der Parameter {} ist erforderlich", "매개변수 {}이(가) 필요합니다"),
    "The field {} is required": ("Das Feld {} ist erforderlich", "필드 {}이(가) 필요합니다"),
    "The field {} must be of type {}": (
        "Das Feld {} muss vom Typ {} sein",
        "필드 {}의 유형은 {}이어야 합니다",
    ),
    "Each attribute and each value must be an object": (
        "Jedes Attribut und jeder Wert muss ein Objekt sein",
        "각 속성과 값은 개체여야 합니다",
    ),
    "The query is longer than {} characters": (
        "Die Abfrage ist länger als {} Zeichen",
        "쿼리가 {}자보다 깁니다",
    ),
    "maxResults must not be larger than {}": (
        "maxResults darf nicht größer als {} sein",
        "maxResults는 {}보다 클 수 없습니다",
    ),
    "{} {} does not exist": ("{} {} existiert nicht", "{} {}이(가) 없습니다"),
    # Mappings and imports
    "No attribute of {} is an externalIdPart": (
        "Kein Attribut von {} ist ein externalIdPart",
        "{}의 속성 중 externalIdPart가 없습니다",
    ),
    "The attribute {} has another external id": (
        "Das Attribut {} hat eine andere externe ID",
        "속성 {}의 외부 ID가 다릅니다",
    ),
    "The object type {} has another external id": (
        "Der Objekttyp {} hat eine andere externe ID",
        "개체 유형 {}의 외부 ID가 다릅니다",
    ),
    "The cardinality {} to {} is impossible": (
        "Die Kardinalität {} bis {} ist unmöglich",
        "카디널리티 {}~{}은(는) 사용할 수 없습니다",
    ),
    "The name of {} cannot be changed": (
        "Der Name von {} kann nicht geändert werden",
        "{}의 이름은 변경할 수 없습니다",
    ),
    "The type of {} cannot be changed": (
        "Der Typ von {} kann nicht geändert werden",
        "{}의 유형은 변경할 수 없습니다",
    ),
    "There is no attribute {}": ("Es gibt kein Attribut {}", "속성 {}이(가) 없습니다"),
    "There is no icon {}": ("Es gibt kein Symbol {}", "아이콘 {}이(가) 없습니다"),
    "There is no object type {}": ("Es gibt keinen Objekttyp {}", "개체 유형 {}이(가) 없습니다"),
    "There is no status {}": ("Es gibt keinen Status {}", "상태 {}이(가) 없습니다"),
    "{} are both labels": ("{} sind beide Beschriftungen", "{}이(가) 모두 레이블입니다"),
    "{} belongs to another attribute": ("{} gehört zu einem anderen Attribut", "{}은(는) 다른 속성의 것입니다"),
    "{} belongs to another object type": (
        "{} gehört zu einem anderen Objekttyp",
        "{}은(는) 다른 개체 유형의 것입니다",
    ),
    "{} has no external id": ("{} hat keine externe ID", "{}에 외부 ID가 없습니다"),
    "{} is that of an attribute": ("{} ist die eines Attributs", "{}은(는) 속성의 것입니다"),
    "{} is there twice": ("{} kommt zweimal vor", "{}이(가) 두 번 있습니다"),
    "{} is used elsewhere": ("{} wird anderswo verwendet", "{}은(는) 다른 곳에서 사용 중입니다"),
    "{} is used in another object schema": (
        "{} wird in einem anderen Objektschema verwendet",
        "{}은(는) 다른 개체 스키마에서 사용 중입니다",
    ),
    "{} refers to another object type already": (
        "{} verweist bereits auf einen anderen Objekttyp",
        "{}은(는) 이미 다른 개체 유형을 참조합니다",
    ),
    "A mapping already exists for this import": (
        "Für diesen Import existiert bereits eine Zuordnung",
        "이 가져오기에 대한 매핑이 이미 있습니다",
    ),
    "Schema and mapping successfully created": (
        "Schema und Zuordnung erfolgreich erstellt",
        "스키마 및 매핑을 만들었습니다",
    ),
    "There is no progress {}": ("Es gibt keinen Fortschritt {}", "진행 상황 {}이(가) 없습니다"),
    "The import source {} does not exist": (
        "Die Importquelle {} existiert nicht",
        "가져오기 원본 {}이(가) 없습니다",
    ),
    "The execution {} does not exist": ("Die Ausführung {} existiert nicht", "실행 {}이(가) 없습니다"),
    "The import has not been executed": ("Der Import wurde noch nicht ausgeführt", "가져오기가 실행되지 않았습니다"),
    "The execution does not accept data, its status is {}": (
        "Die Ausführung nimmt keine Daten an, ihr Status ist {}",
        "실행이 데이터를 받지 않습니다. 상태: {}",
    ),
    "The execution does not accept progress, its status is {}": (
        "Die Ausführung nimmt keinen Fortschritt an, ihr Status ist {}",
        "실행이 진행 상황을 받지 않습니다. 상태: {}",
    ),
    "The execution cannot be cancelled, its status is {}": (
        "Die Ausführung kann nicht abgebrochen werden, ihr Status ist {}",
        "실행을 취소할 수 없습니다. 상태: {}",
    ),
    "The execution cannot be failed, its status is {}": (
        "Die Ausführung kann nicht als fehlgeschlagen beendet werden, ihr Status ist {}",
        "실행을 실패로 종료할 수 없습니다. 상태: {}",
    ),
    "failureReason must not be longer than {} characters": (
        "failureReason darf nicht länger als {} Zeichen sein",
        "failureReason은 {}자를 넘을 수 없습니다",
    ),
    "The request needs data, or completed: true": (
        "Die Anforderung benötigt data oder completed: true",
        "요청에는 data 또는 completed: true가 필요합니다",
    ),
    "startTime must be a date and time": (
        "startTime muss ein Datum mit Uhrzeit sein",
        "startTime은 날짜 및 시간이어야 합니다",
    ),
    "startTime must lie in the future": ("startTime muss in der Zukunft liegen", "startTime은 미래여야 합니다"),
    "runInterval must be one of {}": (
        "runInterval muss einer von diesen Werten sein: {}",
        "runInterval은 다음 중 하나여야 합니다: {}",
    ),
    "The import source has a schedule already": (
        "Die Importquelle hat bereits einen Zeitplan",
        "가져오기 원본에 이미 일정이 있습니다",
    ),
}  # fmt: skip


def _pattern(english: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in english.split("{}"))
    return re.compile("(.+?)".join(parts), re.DOTALL)


# Specific texts come first: a text that begins with a variable part also matches many others.
_PATTERNS = [
    (_pattern(english), texts)
    for english, texts in sorted(TRANSLATIONS.items(), key=lambda item: item[0].startswith("{}"))
    if "{}" in english
]


def language_of(site: Site, account: Account | None, headers: Mapping[str, str], family: str) -> str:
    """Return the language of a response: "en", "de" or "ko".

    Args:
        site: the site, with its default language.
        account: the caller; None for anonymous callers and import tokens.
        headers: of the request, with names in lowercase.
        family: of the operation, see `addresses`.
    """
    doubts = site.doubts
    if family != "jira" and not doubts.assets_texts_translated:
        return "en"
    headers_count = family == "jira" or doubts.assets_follows_language_headers
    if headers_count and headers.get("x-force-accept-language", "").lower() == "true":
        requested = headers.get("accept-language", "")[:2].lower()
        if requested:
            return requested if requested in _LANGUAGES else "en"
    locale = account.locale if account is not None and account.locale else site.locale
    return locale[:2]


@lru_cache(maxsize=4096)
def translate(text: str, language: str) -> str:
    """Return a message in another language; unchanged if it is not one of the service's messages."""
    index = _LANGUAGES.get(language)
    if index is None:
        return text
    texts = TRANSLATIONS.get(text)
    if texts is not None:
        return texts[index]
    for pattern, texts in _PATTERNS:
        match = pattern.fullmatch(text)
        if match is not None:
            # The variable part of a frame, such as "The value provided is invalid: {}", is a message itself.
            return texts[index].format(*(translate(part, language) for part in match.groups()))
    return text


def translated(value: JsonValue, language: str, *, is_prose: bool = False) -> JsonValue:
    """Return a document whose messages are in another language."""
    if isinstance(value, str):
        return translate(value, language) if is_prose else value
    if isinstance(value, list):
        return [translated(item, language, is_prose=is_prose) for item in value]
    if isinstance(value, dict):
        return {
            key: translated(item, language, is_prose=is_prose or key in _PROSE_KEYS)
            for key, item in value.items()
        }
    return value
