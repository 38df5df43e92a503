//! Expressions that a tester writes and few others: each finds the rows that SQL finds.

use crate::filter::{MESSAGES, check};

#[tokio::test]
async fn numbers_of_characters() {
    check(
        MESSAGES,
        &[
            // A negated literal is a literal, of whatever width an argument has.
            (
                "substring(content,-(2)) eq 'lo'",
                "right(m.content, 2) = 'lo'",
            ),
            (
                "substring(content,-(-1)) eq 'ello'",
                "substr(m.content, 2) = 'ello'",
            ),
            (
                "substring(content,- 2) eq 'lo'",
                "right(m.content, 2) = 'lo'",
            ),
            (
                "substring(content,--2) eq 'llo'",
                "substr(m.content, 3) = 'llo'",
            ),
            (
                "substring(content,-cast('2',Edm.Int32)) eq 'lo'",
                "right(m.content, 2) = 'lo'",
            ),
            (
                "substring(content,-cast('2',Edm.Int16),1) eq 'l'",
                "substr(right(m.content, 2), 1, 1) = 'l'",
            ),
            (
                "substring(content,-@p) eq 'lo'&@p=2",
                "right(m.content, 2) = 'lo'",
            ),
            (
                "substring(content,1,-@p) eq 'el'&@p=-2",
                "substr(m.content, 2, 2) = 'el'",
            ),
            ("-(9223372036854775807) lt id", "true"),
            ("-(1.5) lt -id", "m.id < 1.5"),
            ("-(1e0) eq -id", "m.id = 1"),
            // Beyond the last character there is nothing, however far.
            (
                "substring(content,2147483647) eq ''",
                "m.content IS NOT NULL",
            ),
            (
                "substring(content,2147483646) eq ''",
                "m.content IS NOT NULL",
            ),
            (
                "substring(content,9223372036854775807) eq ''",
                "m.content IS NOT NULL",
            ),
            (
                "substring(content,-2147483648) eq 'hello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,-9223372036854775808) eq 'hello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,1,2147483647) eq 'ello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,0,9223372036854775807) eq 'hello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,id mul 1000000000000) eq ''",
                "m.content IS NOT NULL",
            ),
            (
                "substring(content,id mul -1000000000000) eq 'hello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,1,id mul 1000000000000) eq 'ello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,id sub id add 1) eq 'ello'",
                "m.content = 'hello'",
            ),
            (
                "substring(content,sender_id mul 0) eq 'hello'",
                "m.content = 'hello' AND m.sender_id IS NOT NULL",
            ),
            ("substring(content,null) eq null", "true"),
        ],
    )
    .await;
}
