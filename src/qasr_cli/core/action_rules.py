"""How somebody takes on a task, in English and in Chinese. Data; `actions` decides with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRules:
    """The rules of one language, as regular expressions.

    In them `{name}` stands for a name and `{verb}` for a verb of doing.

    Attributes:
        verbs: forms of verbs that leave something done behind: send, not be or think.
        name: a name that nobody told us.
        not_names: words that look like one.
        offers: statements by which a task is taken on or given; group `owner` says to whom. In a
            question they ask, and nothing is settled.
        requests: the same as offers, but a question settles as much.
        hollow: what may stand right before the match and takes its meaning away: "if", "do".
        void: what tells, anywhere up to the match, that it is over, or hangs on something.
        unsettled: what may follow the verb at once and makes it no task.
        vocative: a sentence that begins or ends by calling somebody: group `owner`.
        due: until when.
        speaker_words: how speakers call themselves.
        question_marks: what ends a question.
    """

    verbs: str
    name: str
    not_names: frozenset[str]
    offers: tuple[str, ...]
    requests: tuple[str, ...]
    hollow: str
    void: str
    unsettled: str
    vocative: tuple[str, ...]
    due: str
    speaker_words: frozenset[str]
    question_marks: str


_EN_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_EN_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
)
_EN_DATE = (
    rf"(?:(?:the )?end of (?:the |this |next )?(?:day|week|month|quarter|year)"
    rf"|tomorrow|tonight|today|noon|(?:next |this )?{_EN_DAY}"
    rf"|next (?:week|month|quarter|year)|{_EN_MONTH}(?: (?:the )?\w+)?"
    rf"|the \w+(?:st|nd|rd|th)(?: of {_EN_MONTH})?|(?:\d+|\w+) o'clock)"
    rf"(?: morning| afternoon| evening| noon| on {_EN_DAY})?"
)
_EN_ADVERBS = (
    r"(?:(?:also|then|just|still|definitely|probably|quickly|please|all|both|really|now|go and"
    r"|try to|and) )*"
)
_EN_WHO = (
    "(?P<owner>I|[Ww]e|[Ss]ome(?:one|body)|[Ee]very(?:one|body)"
    "|{name}(?:(?:, {name})* and (?:{name}|I))?)"
)
_EN_MODAL = (
    r"(?:'ll| will| shall|'m going to| am going to| is going to|'re going to| are going to"
    r"| (?:also )?(?:needs?|has|have|ought) to| must| should|'ve got to| has got to)"
)

_ENGLISH = ActionRules(
    verbs=(
        "send|write|prepare|draft|check|update|fix|book|call|e-?mail|phone|schedule|organi[sz]e"
        "|arrange|order|review|share|finish|complete|contact|ask|test|collect|create|publish"
        "|translate|pay|buy|sign|print|upload|deploy|install|measure|confirm|submit|invite|cancel"
        "|rewrite|document|announce|hire|clean|compare|circulate|forward|add|remove|replace|renew"
        "|open|close|deliver|repair|recruit|set up|follow up|look into|find out|talk to"
        "|speak (?:to|with)|get back to|get in touch|put together|make a list|make sure|hand over|take care of"
        "|sort out|work out|draw up|chase"
    ),
    name=r"[A-Z][a-z]+(?: [A-Z][a-z]+)?",
    not_names=frozenset(
        (
            *("It", "This", "That", "There", "These", "Those", "He", "She", "They", "Nobody"),
            *("None", "Nothing", "Who", "What", "Which", "Where", "When", "If", "Then", "So"),
            *("And", "But", "Or", "Because", "Everything", "Something", "Anything"),
        )
    ),
    offers=(
        rf"\b{_EN_WHO}{_EN_MODAL} {_EN_ADVERBS}(?:{{verb}})\b",
        (
            rf"\b(?P<owner>{{name}}), you(?:'ll| will| should| need to| have to| could) "
            rf"{_EN_ADVERBS}(?:{{verb}})\b"
        ),
        rf"\b[Ll]et(?:'s| us) {_EN_ADVERBS}(?:{{verb}})\b",
        r"\b(?P<owner>I|[Ww]e|{name})(?:'m| am|'re| are| is|'ll be| will be) responsible for\b",
        r"\b[Aa]ction items?(?: for (?P<owner>{name}|me|us|you))?(?::|,| is| are)",
        r"\b[Tt]he next steps?(?: for (?P<owner>{name}|me|us|you))?(?: is| are) to\b",
    ),
    requests=(
        (
            r"\b(?:[Cc]an|[Cc]ould|[Ww]ill|[Ww]ould) (?P<owner>you|{name}|some(?:one|body)) "
            rf"{_EN_ADVERBS}(?:{{verb}})\b"
        ),
        rf"\b[Pp]lease,? {_EN_ADVERBS}(?:{{verb}})\b",
    ),
    hollow=(
        r"\b(?:when|whether|until|once|why|how|what|where|who|do|does|did|don't"
        r"|doesn't|didn't|should|would|wish|suppose|imagine|every time|said|says) $"
    ),
    void=r"\b(?:[Ii]f|[Uu]nless|[Ww]henever|[Ll]ast (?:week|month|year|time)|[Yy]esterday)\b",
    unsettled=r" (?:it a day|yourselves|ourselves|myself)\b",
    vocative=(
        r"^(?P<owner>{name}), (?:[a-z]+,? )?(?:please|can|could|would|will|you)\b",
        r", (?P<owner>{name})[.!?]$",
    ),
    due=(
        rf"\b(?:(?:by|before|until|on|no later than) {_EN_DATE}"
        rf"|today|tomorrow(?: morning| afternoon)?|tonight|this (?:week|afternoon|morning|evening)"
        rf"|next (?:week|month)|(?:this|next) {_EN_DAY}|right after (?:this|the) meeting)\b"
    ),
    speaker_words=frozenset(("I", "me")),
    question_marks="?",
)

_ZH_DAY = "一二三四五六日天"
_ZH_DATE = (
    rf"(?:今天|明天|后天|今晚|明早|(?:本|这|下|这个|下个)?(?:周|星期|礼拜)[{_ZH_DAY}末]"
    r"|(?:本|这|下|这个|下个)(?:周|星期|月)|月底|年底"
    r"|[\d一二三四五六七八九十]+月[\d一二三四五六七八九十]+[日号]|散会后|会后)"
    r"(?:早上|上午|中午|下午|晚上|下班)?(?:之前|以前|前)?"
)
# No task is what is not done, and a comma ends the reach of who does it.
_ZH_GAP = "[^，。！？；、,.!?;不没别未勿]{0,16}?"
_ZH_WHO = "(?P<owner>我们?|咱们|大家|{name})"
_ZH_MODAL = "(?:会|来|去|负责|需要|要|得|应该|必须|务必|尽快|马上|再|先|就)"

_CHINESE = ActionRules(
    verbs=(
        "发送|发给|发到|发出|发一|发布|整理|准备|联系|确认|更新|提交|安排|修改|检查|完成|通知|预订|预定"
        "|订[一好购]|购买|采购|起草|汇报|跟进|调查|测试|打电话|上传|部署|审核|统计|翻译|打印|收集|反馈"
        "|落实|写[一好完出]|做[一好完出]|列[一出]|更换|修复|修好|招聘|面试|签字|签[一好]|付款|支付|邀请"
        "|取消|公布|核对|比较一下|询问|问一下|寄给|寄到|寄出|定下来|约[一好]|找[一几]|清理|搬到|申请"
    ),
    name=r"[小老][\u4e00-\u9fff]|(?:(?![由请让给跟和叫是的个位])[\u4e00-\u9fff]){1,2}(?:经理|老师|主任|工程师|总)",
    not_names=frozenset(("小时", "小组", "老是", "小心", "老板")),
    offers=(
        rf"{_ZH_WHO}(?:{_ZH_DATE})?{_ZH_MODAL}{_ZH_GAP}(?:{{verb}})",
        rf"{_ZH_WHO}{_ZH_DATE}{_ZH_GAP}(?:{{verb}})",
        rf"{_ZH_DATE}{_ZH_WHO}{_ZH_MODAL}?{_ZH_GAP}(?:{{verb}})",
        rf"由(?P<owner>你们?|我们?|{{name}}){_ZH_GAP}(?:{{verb}})",
        rf"(?P<owner>{{name}})[，,]你{_ZH_GAP}(?:{{verb}})",
        r"(?:待办|行动项|下一步)(?:事项)?(?:是|：|:)",
    ),
    requests=(
        rf"(?:请|麻烦|拜托)(?!问|假|客)(?P<owner>你们?|大家|各位|{{name}})?{_ZH_GAP}(?:{{verb}})",
        rf"(?P<owner>你们?|{{name}})(?:能不能|可不可以|能|可以){_ZH_GAP}(?:{{verb}})",
    ),
    hollow="(?:为什么|怎么|是不是|要不要)[^，。,]*$",
    void="已经|刚才|刚刚|昨天|前天|上周|上个月|去年|曾经|当时|如果|要是|假如|万一|除非|每次",
    unsettled=r"(?:[了过的]|得[很不])",
    vocative=(r"^(?P<owner>{name})[，,]", r"[，,](?P<owner>{name})[。！？!?.]$"),
    due=_ZH_DATE,
    speaker_words=frozenset(("我",)),
    question_marks="？?",
)

ACTION_RULES = {"English": _ENGLISH, "Chinese": _CHINESE}
