use odata_core::ODataEntity;

#[derive(ODataEntity)]
#[odata(table = "books")]
struct Book<'a, T: Clone, const N: usize>
where
    T: Copy,
{
    #[odata(key)]
    id: i64,
    rest: &'a [T; N],
}

fn main() {}
