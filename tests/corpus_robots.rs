//! The checks of robots.txt on their corpus and on generated input.
#![cfg(all(feature = "robots", feature = "testing"))]

#[path = "checks/robots.rs"]
mod checks;
mod support;

use proptest::prelude::*;

#[test]
fn the_corpus_holds() {
    support::replay("robots", checks::robots);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn verdicts_are_those_of_the_table(
        url in "/[ab*/$?%]{0,10}(%(2[afF4]|62|7e|C3|3[aA]))?[ab/]{0,4}",
        agent in "(Foo|foobot|Bar|)",
        rules in prop::collection::vec("(User-agent: (Foo|Bar|[*]|Foo Bar|foobot)|(Allow|Disallow): /?[ab*/?]{0,6}(%(2[afF4]|62|7e|c3|3[aA]))?[ab*/]{0,4}[$]?|allow: /[ab]*/index.html?|Sitemap: x|)", 0..14),
    ) {
        checks::robots(format!("{url}\n{agent}\n{}", rules.join("\n")).as_bytes());
    }

    #[test]
    fn stars_among_few_letters(url in "/[ab]{0,8}", rules in prop::collection::vec("(Allow|Disallow): /[ab*]{1,7}[$]?", 1..6)) {
        checks::robots(format!("{url}\nfoo\nUser-agent: *\n{}", rules.join("\n")).as_bytes());
    }

    #[test]
    fn anything_is_a_file(data in prop::collection::vec(any::<u8>(), 0..200)) {
        checks::robots(&data);
    }
}
