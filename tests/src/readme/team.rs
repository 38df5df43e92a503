/// A group of agents.
#[derive(ODataEntity)]
#[odata(table = "teams", scope = "account_id")]
pub struct Team {
    /// Unique team ID.
    #[odata(key)]
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The conversations that are assigned to it.
    #[odata(foreign_key = team_id)]
    pub conversations: Vec<Conversation>,
}
