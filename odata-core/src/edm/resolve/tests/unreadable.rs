//! Tables that the role may not read, and what they take away.

use super::*;

#[test]
fn a_table_that_may_not_be_read_takes_its_set_and_what_leads_to_it_away() {
    let schema = check(
        &[(
            "authors: id int4!, teacher_id int4",
            "authors: id int4!-, teacher_id int4-",
        )],
        expect![[r#"
            Warning Author: the role may not read table 'authors'; the entity set 'Author' is not served
            Warning Book.author: the role may not read the table of 'Author'; not served
            Warning Book.holder: the role may not read the table of 'Author'; not served
        "#]],
    );
    let names: Vec<_> = schema
        .sets()
        .iter()
        .map(|set| set.declared.entity_set)
        .collect();
    assert_eq!(names, ["Books", "Topic"]);
    for (place, set) in schema.sets().iter().enumerate() {
        assert_eq!(usize::from(set.id.0), place);
        for navigation in &set.navigation {
            let target = (navigation.declared.target)().name;
            assert_eq!(schema.set(navigation.target).declared.name, target);
        }
    }
}

#[test]
fn link_tables_that_can_not_be_read_take_what_leads_through_them_away() {
    check(
        &[("taggings:", "no_taggings:")],
        expect![[r#"
        Warning Book.topics: table 'taggings' does not exist; not served
        Warning Topic.books: it is the reverse of 'Book.topics', which is not served
    "#]],
    );
    check(
        &[(
            "tags: id int4!, name varchar",
            "tags: id int4!-, name varchar-",
        )],
        expect![[r#"
            Warning Book.topics: the role may not read table 'tags'; not served
            Warning Topic.books: it is the reverse of 'Book.topics', which is not served
        "#]],
    );
    check(
        &[("tag_id int4!", "tag_id int4!-")],
        expect![[r#"
        Warning Book.topics: the role may not read column 'taggings.tag_id'; not served
        Warning Topic.books: it is the reverse of 'Book.topics', which is not served
    "#]],
    );
    check(
        &[(", kind varchar!", "")],
        expect![[r#"
        Warning Book.topics: column 'taggings.kind' does not exist; not served
        Warning Topic.books: it is the reverse of 'Book.topics', which is not served
    "#]],
    );
    check(
        &[("kind varchar!", "kind int4!")],
        expect![[r#"
        Warning Book.topics: column 'taggings.kind' is int4, which can't be compared with a text; not served
        Warning Topic.books: it is the reverse of 'Book.topics', which is not served
    "#]],
    );
    check(
        &[("tag_id int4!", "tag_id text!")],
        expect![[r#"
        Warning Book.topics: column 'tags.id' is int4 and column 'taggings.tag_id' is text, which can't be compared; not served
        Warning Topic.books: it is the reverse of 'Book.topics', which is not served
    "#]],
    );
    check(
        &[("book_id int4!", "book_id uuid!")],
        expect![[r#"
        Warning Book.topics: column 'books.id' is int8 and column 'taggings.book_id' is uuid, which can't be compared; not served
        Warning Topic.books: it is the reverse of 'Book.topics', which is not served
    "#]],
    );
}
