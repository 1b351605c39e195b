//! The verbs and nouns of tools, each with the class of its usual meaning.
//!
//! It never reads a whole sentence: `classify` does.

use super::class::Class;
use super::tokenize::bases;

const READ: &str = "get list read search find fetch show describe view lookup look count check inspect explain \
    retrieve display print cat tail peek scan browse discover analyze analyse summarize preview poll wait \
    watch monitor measure estimate calculate compute compare diff convert translate parse detect identify resolve validate \
    verify ping echo help return enumerate examine query download screenshot snapshot capture demonstrate simulate \
    think status exist recommend suggest audit lint grep glob stat tell know determine review extract";
const WRITE: &str = "create add update set put patch edit modify change write append insert upsert save store move rename \
    copy send reply respond notify invite assign attach upload import export enable disable start stop \
    toggle open close connect reconnect disconnect subscribe psubscribe unsubscribe select switch checkout commit push \
    merge fork clone approve reject accept decline transition configure register join leave click press type fill hover \
    drag resize scroll emulate pause resume restart scale lock unlock share archive restore unarchive publish \
    unpublish activate deactivate mark unmark increment decrement record generate make build sync synchronize \
    submit complete finish begin handle manage forward retry rotate navigate go close apply upgrade promote rebase \
    cherrypick stash stage unstage give rollout cordon uncordon mount unmount follow unfollow mute unmute pin unpin \
    react mention transcode compress decompress encrypt sign convene replace transfer deposit trade swap bid settle allocate provision initialize init bind";
const EXECUTE: &str = "execute exec run eval evaluate invoke spawn launch trigger interact install deploy compile inject test \
    sudo ssh bash shell dispatch";
const DESTRUCTIVE: &str = "delete del remove rm drop destroy purge wipe erase clear flush truncate reset kill terminate \
    uninstall cleanup expire evict drain prune discard unlink shred overwrite rewrite trash revoke cancel \
    shutdown pop empty nuke obliterate deprovision decommission ban evacuate rollback";
const FINANCIAL: &str =
    "refund pay charge purchase buy withdraw payout checkout reimburse invoice remit donate";

/// Verbs that a name has as nouns at least as often: `get_type`, `list_log_records`, `order_status`.
const OFTEN_NOUNS: &str = "type test log comment link tag label branch schedule book report request format filter \
    sort group map post order watch index query status help audit review record charge invoice checkout purchase \
    refund pay build run count echo stage sign pin mark cat tail share shell bash ssh stat diff snapshot screenshot \
    capture fork clone commit push stash set lock archive store upgrade release";

/// Nouns of moving money.
const MONEY: &str = "payment payments refund refunds invoice invoices charge charges payout payouts price prices coupon \
    coupons discount discounts payroll";
/// Nouns that are about money only in the context of money.
const PERHAPS_MONEY: &str = "subscription subscriptions dispute disputes transfer transfers order orders deposit deposits \
    trade trades swap bid bids transaction transactions funds plan wallet balance quote";
const ABOUT_MONEY: &str = "stripe paypal payment payments price prices invoice billing currency money funds bank wallet \
    usd eur bitcoin crypto cents proration purchase";

/// Words without meaning at the beginning of a description: `This tool will`, `Allows you to`.
const EMPTY: &str = "this that tool tools will can may would is are be been a an the to for of you your user users agent models allow \
    allows let lets use used uses using helps perform performs do does provide provides ability function \
    command it which and or mcp server endpoint api optionally then also automatically recursively safely quickly \
    directly intelligently permanently completely immediately force forcibly bulk batch";

/// Whether a word is in a list of words with spaces between them.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|other| other == word)
}

/// The class of a verb in its base form.
pub(crate) fn verb(word: &str) -> Option<Class> {
    [
        (FINANCIAL, Class::Financial),
        (DESTRUCTIVE, Class::Destructive),
        (EXECUTE, Class::Execute),
        (WRITE, Class::Write),
        (READ, Class::Read),
    ]
    .into_iter()
    .find(|(list, _)| is_in(list, word))
    .map(|(_, class)| class)
}

/// The class of a verb in any form that a sentence has it in.
pub(crate) fn form(word: &str) -> Option<Class> {
    bases(word).iter().find_map(|base| verb(base))
}

/// Whether any form of the word is a noun as often.
pub(crate) fn often_noun(word: &str) -> bool {
    bases(word).iter().any(|base| is_in(OFTEN_NOUNS, base))
}

pub(crate) fn empty(word: &str) -> bool {
    word == "," || is_in(EMPTY, word)
}

pub(crate) fn money(word: &str) -> bool {
    is_in(MONEY, word)
}

pub(crate) fn perhaps_money(word: &str) -> bool {
    is_in(PERHAPS_MONEY, word)
}

pub(crate) fn about_money(word: &str) -> bool {
    is_in(ABOUT_MONEY, word)
}
