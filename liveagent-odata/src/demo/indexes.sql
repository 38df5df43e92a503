-- The indexes that every Chatwoot has; none on conversations.created_at or updated_at, and none of
-- (account_id, id) on messages or reporting_events: what the service is slow at without them shows
-- here too.

CREATE UNIQUE INDEX index_users_on_email_and_uid ON users (uid, provider);
CREATE INDEX index_users_on_email ON users (email);
CREATE UNIQUE INDEX uniq_user_id_per_account_id ON account_users (account_id, user_id);
CREATE INDEX index_account_users_on_account_id ON account_users (account_id);
CREATE INDEX index_account_users_on_user_id ON account_users (user_id);
CREATE UNIQUE INDEX index_access_tokens_on_token ON access_tokens (token);
CREATE INDEX index_access_tokens_on_owner_type_and_owner_id ON access_tokens (owner_type, owner_id);
CREATE INDEX index_inboxes_on_account_id ON inboxes (account_id);
CREATE INDEX index_inbox_members_on_inbox_id ON inbox_members (inbox_id);
CREATE INDEX index_teams_on_account_id ON teams (account_id);
CREATE INDEX index_labels_on_account_id ON labels (account_id);
CREATE UNIQUE INDEX index_labels_on_title_and_account_id ON labels (title, account_id);
CREATE UNIQUE INDEX index_tags_on_name ON tags (name);
CREATE UNIQUE INDEX taggings_idx ON taggings (tag_id, taggable_id, taggable_type, context, tagger_id, tagger_type);
CREATE INDEX taggings_idy ON taggings (taggable_id, taggable_type, tagger_id, context);
CREATE INDEX index_taggings_on_tag_id ON taggings (tag_id);
CREATE INDEX index_taggings_on_taggable_id_and_taggable_type_and_context ON taggings (taggable_id, taggable_type, context);
CREATE INDEX index_conversations_on_account_id ON conversations (account_id);
CREATE UNIQUE INDEX index_conversations_on_account_id_and_display_id ON conversations (account_id, display_id);
CREATE INDEX conv_acid_inbid_stat_asgnid_idx ON conversations (account_id, inbox_id, status, assignee_id);
CREATE INDEX index_conversations_on_assignee_id_and_account_id ON conversations (assignee_id, account_id);
CREATE INDEX index_conversations_on_contact_id ON conversations (contact_id);
CREATE INDEX index_conversations_on_id_and_account_id ON conversations (id, account_id);
CREATE INDEX index_conversations_on_inbox_id ON conversations (inbox_id);
CREATE INDEX index_conversations_on_status_and_account_id ON conversations (status, account_id);
CREATE INDEX index_conversations_on_team_id ON conversations (team_id);
CREATE UNIQUE INDEX index_conversations_on_uuid ON conversations (uuid);
CREATE INDEX index_messages_on_account_id ON messages (account_id);
CREATE INDEX index_messages_on_conversation_id ON messages (conversation_id);
CREATE INDEX index_messages_on_inbox_id ON messages (inbox_id);
CREATE INDEX index_messages_on_created_at ON messages (created_at);
CREATE INDEX index_messages_on_sender_type_and_sender_id ON messages (sender_type, sender_id);
CREATE INDEX index_reporting_events_on_account_id ON reporting_events (account_id);
CREATE INDEX index_reporting_events_on_name ON reporting_events (name);
CREATE INDEX index_reporting_events_on_created_at ON reporting_events (created_at);
CREATE INDEX index_reporting_events_on_inbox_id ON reporting_events (inbox_id);
CREATE INDEX index_reporting_events_on_user_id ON reporting_events (user_id);
CREATE INDEX index_reporting_events_on_conversation_id ON reporting_events (conversation_id);
