"""Phrases by which somebody takes on a task, in English and Chinese. Data for `actions`."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRules:
    """The rules of one language, as regular expressions.

    `{who}` in a rule stands for the piece of that name; `{told}` for the names of those who took
    part, and `{name}` for them and for what looks like a name.

    Attributes:
        pieces: what rules have in common, by name.
        not_names: words that look like a name.
        offers: statements by which a task is taken on or given; group `owner` says to whom. In a
            question they ask, and nothing is settled.
        requests: the same as offers, but a question settles as much.
        hollow: what takes the meaning of a match away, right before it: "do", "why".
        void: what tells, anywhere up to the end of the match, that the task is over or hangs on
            something.
        unsettled: what may follow at once and makes it no task.
        vocative: how somebody is called by name: group `owner`.
        due: until when.
        speaker_words: how speakers call themselves.
        question_marks: what ends a question.
    """

    pieces: Mapping[str, str]
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


_ENGLISH = ActionRules(
    pieces={
        "looks_like_name": "[A-Z][a-z]+(?: [A-Z][a-z]+)?",
        # What leaves something behind, whoever does it.
        "verb": (
            "(?:send|write|prepare|draft|check|update|fix|book|call|e-?mail|phone|schedule"
            "|organi[sz]e|arrange|order|review|share|finish|complete|contact|ask|test|collect"
            "|create|publish|translate|pay|buy|sign|print|upload|deploy|install|measure|confirm"
            "|submit|invite|cancel|rewrite|document|announce|hire|clean|compare|circulate|forward"
            "|add|remove|replace|renew|open|close|deliver|repair|recruit|present|bring|remind"
            "|clarify|edit|reserve|return|rent|cover|set up|follow up|look into|find out|talk to"
            "|speak (?:to|with)|get back to|get in touch|put together|put up|make a list|make sure"
            "|hand (?:over|in)|take care of|sort out|work out|draw up|chase|pick up|drop off"
            r"|look up|take (?!an?\b|part|time))"
            r"\b"
        ),
        # What one person sets out to do is a task, unless it is being, knowing, or something that
        # a talk does with itself: of that nothing is left to be done afterwards.
        "deed": (
            "(?!(?:be|have|not|never|always|say|tell|know|think|see|hear|feel|believe|understand"
            "|remember|forget|accept|admit|agree|hope|wish|like|love|hate|want|need|become|stay"
            "|remain|seem|live|die|come|go|start|begin|continue|stop|wait|keep|let|leave|skip"
            "|mention|repeat|explain|show|describe|quote|read|answer|talk|speak|discuss|turn|move"
            "|pass|give|look(?! after)|listen|consider|assume|expect|lose|win|miss|get|use|end"
            "|stand|sit|sleep|rest|try|learn|enjoy|do|deal|focus|worry|appreciate|imagine|suppose"
            "|guess|bet|argue|trust|afford|avoid|happen|work|help|fail|succeed|grow|change|take an?"
            r"|pay attention|call it|face|respect|save|break)\b)[a-z]{2,}"
        ),
        "adverbs": (
            "(?:(?:also|then|just|still|definitely|probably|quickly|please|all|both|really|now"
            "|go and|try to|remember to|don't forget to) )*"
        ),
        "obligation": (
            "(?: (?:also |still )?(?:needs?|has|have|ought) to| must| should|'ve got to"
            "| has got to)"
        ),
        "modal": "(?:{obligation}|'ll| will| shall|(?:'m| am|'s| is|'re| are) going to)",
        "someone": "[Ss]ome(?:one|body)",
        "names": "{name}(?:(?:, {name})* and (?:{name}|I))?",
        "day": "(?:mon|tues|wednes|thurs|fri|satur|sun)day",
        "month": (
            "(?:january|february|march|april|may|june|july|august|september|october|november"
            "|december)"
        ),
        "date": (
            "(?:(?:the )?end of (?:the |this |next )?(?:day|week|month|quarter|year)"
            "|tomorrow|tonight|today|noon|(?:next |this )?{day}|next (?:week|month|quarter|year)"
            r"|{month}(?: (?:the )?\w+)?|the \w+(?:st|nd|rd|th)(?: of {month})?|\w+ o'clock)"
            "(?: morning| afternoon| evening| noon| on {day})?"
        ),
    },
    not_names=frozenset(
        (
            *("It", "This", "That", "There", "These", "Those", "He", "She", "They", "Nobody"),
            *("None", "Nothing", "Who", "What", "Which", "Where", "When", "If", "Then", "So"),
            *("And", "But", "Or", "Because", "Everything", "Something", "Anything"),
        )
    ),
    offers=(
        r"\b(?P<owner>I|[Ww]e|{someone}|[Ee]very(?:one|body)|{names}){modal} {adverbs}{verb}",
        r"\b(?P<owner>I|{someone}|{told}(?: and I)?){modal} {adverbs}{deed}",
        r"\b(?P<owner>[Ww]e){obligation} {adverbs}{deed}",
        r"\b(?P<owner>I)(?: can| (?:promise|offer|volunteer) to) {adverbs}{verb}",
        r"\b(?P<owner>{name}), you(?:'ll| will| should| need to| have to| could) {adverbs}{verb}",
        r"\b[Ll]et(?:'s| us) {adverbs}{verb}",
        r"\b(?P<owner>I|[Ww]e|{name})(?:'m| am|'re| are| is|(?:'ll| will) be) responsible for\b",
        (
            r"\b(?:[Aa]ction items?|[Tt]o-?dos?)(?: for (?P<owner>{name}|me|us|you))?"
            "(?::|,| is| are)"
        ),
        (
            r"\b(?:[Tt]he|[Oo]ur|[Mm]y) next steps?(?: for (?P<owner>{name}|me|us|you))?"
            r"(?: is| are) to\b"
        ),
    ),
    requests=(
        (
            r"\b(?:[Cc]an|[Cc]ould|[Ww]ill|[Ww]ould) (?P<owner>you|{name}|{someone}) "
            "{adverbs}{verb}"
        ),
        r"\b(?:[Cc]an|[Cc]ould) {someone} {adverbs}{deed}",
        r"\b[Pp]lease,? {adverbs}{verb}",
    ),
    hollow=(
        r"\b(?:when|whether|until|once|why|how|what|where|who|do|does|did|don't|doesn't|didn't"
        r"|should|would|wish|suppose|imagine|every time|said|says) $"
    ),
    void=r"\b(?:[Ii]f|[Uu]nless|[Ww]henever|[Ll]ast (?:week|month|year|time)|[Yy]esterday)\b",
    unsettled=r" (?:it a day|yourselves|ourselves|myself)\b",
    vocative=(
        r"^(?P<owner>{name}), (?:[a-z]+,? )?(?:please|can|could|would|will|you)\b",
        r", (?P<owner>{name})[.!?]$",
    ),
    due=(
        r"\b(?:(?:by|before|until|on|no later than) {date}"
        "|today|tomorrow(?: morning| afternoon)?|tonight|this (?:week|afternoon|morning|evening)"
        r"|next (?:week|month)|(?:this|next) {day}|right after (?:this|the) meeting)\b"
    ),
    speaker_words=frozenset(("I", "me")),
    question_marks="?",
)

_CHINESE = ActionRules(
    pieces={
        "looks_like_name": (
            r"(?:[小老][\u4e00-\u9fff]"
            r"|(?:(?![由请让给跟和叫是的个位])[\u4e00-\u9fff]){1,2}(?:经理|老师|主任|工程师|总))"
        ),
        "verb": (
            "(?:发[送给到出一布]|发(?![现生展言])|整理|准备|联系|确认|更新|提交|安排|修改|检查|完成"
            "|通知|预[订定约]|订[一好购]|买|采购|起草|汇报|跟进|调查|测试|打电话|上传|部署|审核|统计"
            "|翻译|打印|收集|反馈|回复|落实|写|重新做|做[一好完出这那]|列[一出]|更换|修复|修好|招聘"
            "|面试|签字|签[一好]|付款|支付|邀请|取消|公布|核对|比较一下|询问|问一下|问问|寄[给到出]"
            "|定下来|约[一好]|找(?!不)|清理|搬[到走]|申请|取快递|提醒|谈|交(?![流代通往易])|主持"
            "|改[一好]|带[来上一]|拿[来给到]|拍[一好]|录[一好]|设计|分析|处理|解决|出具|填[一好写]"
            "|查(?![不出])|答复|沟通|传[到给]|拜访|了解一下|放到|贴[到上]|装[好上]|修[一好]|借(?!口)"
            "|送[到给去]|还给|接[一下]|下单|验收|归档|登记|备份一)"
        ),
        "team": r"[\u4e00-\u9fff]{2,3}[部组]",
        # Of these nothing is left to be done afterwards.
        "no_deed": (
            "[是有不没说讲看听想吃喝坐走等问进]|相信|面对|觉得|知道|注意|自己|记住|承认|理解|努力|继续"
            "|开始|讨论|休息|放心|安静|举手|明白|接受|小心|稍|允许|原谅|支持|保持|学会|团结|多"
        ),
        # No task is what is not done, and a comma ends the reach of who does it.
        "gap": "[^，。！？；、,.!?;不没别未勿]{0,16}?",
        "who": "(?P<owner>我们?|咱们|大家|有人|{name})",
        "modal": "(?:会|来|去|负责|需要|要|得|应该|必须|务必|尽快|马上|再|先|就)",
        "date": (
            "(?:今天|明天|后天|今晚|明早|下午|晚上|晚点|待会儿?|稍后"
            "|(?:本|这|下|这个|下个)?(?:周|星期|礼拜)[一二三四五六日天末]"
            "|(?:本|这|下|这个|下个)(?:周|星期|月)|月底|年底"
            r"|[\d一二三四五六七八九十]+月[\d一二三四五六七八九十]+[日号]|散会后|会后)"
            "(?:早上|上午|中午|下午|晚上|下班)?(?:之前|以前|前)?"
        ),
    },
    not_names=frozenset(("小时", "小组", "老是", "小心", "老板")),
    offers=(
        "{who}(?:{date})?{modal}{gap}{verb}",
        "{who}{date}{gap}{verb}",
        "{date}{who}{modal}?{gap}{verb}",
        "{who}负责(?![的人过])",
        "{who}(?:{date}|这两天)?把{gap}{verb}",
        "{who}{date}把",
        "(?P<owner>{name}){date}[去来]",
        "{who}(?:必须|务必|(?:需要|要|得|必须)?(?:尽快|马上|重新))(?!{no_deed})",
        "由(?P<owner>你们?|我们?|{name})来(?!{no_deed})",
        "让(?P<owner>{team}|{name})(?:去|{gap}{verb})",
        "(?P<owner>你们?){date}(?:之前|以前|前)?给",
        "{who}{gap}{verb}一下",
        "(?P<owner>你们?)(?:来|去|负责|记得){gap}{verb}",
        "(?P<owner>你们?){gap}{verb}一下",
        "(?P<owner>{name})[，,]你{gap}{verb}",
        "由(?P<owner>你们?|我们?|{name}){gap}{verb}",
        "(?:^|[，,]|大家|请|你们?|{name})(?:一定)?要?(?:记得|别忘了)(?![吗我你])",
        "^(?:{date}|记得|一定要)*把{gap}{verb}",
        "(?:待办|行动项|下一步)(?:事项)?(?:是|：|:)",
    ),
    requests=(
        "(?:请|麻烦|拜托)(?!问|假|客)(?P<owner>你们?|大家|各位|{name})?{gap}{verb}",
        "请(?P<owner>大家|各位|{team}|{name})(?!{no_deed}|[和跟、])",
        "(?:麻烦|拜托)(?P<owner>你们?|{name})?{gap}一下",
        "(?P<owner>你们?|{name})(?:能不能|可不可以|能|可以){gap}{verb}",
    ),
    hollow="(?:为什么|怎么|是不是|要不要)[^，。,]*$",
    void="已经|刚才|刚刚|昨天|前天|上周|上个月|去年|曾经|当时|如果|要是|假如|万一|除非|每次",
    unsettled="[了过的]|得[很不]",
    vocative=(
        r"^(?P<owner>{name}|[\u4e00-\u9fff]{2,3}(?=[，,]你))[，,]",
        "[，,](?P<owner>{name})[。！？!?.]$",
    ),
    due="{date}",
    speaker_words=frozenset(("我",)),
    question_marks="？?",
)

ACTION_RULES = {"English": _ENGLISH, "Chinese": _CHINESE}
