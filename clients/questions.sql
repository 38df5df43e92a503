-- What each client must have read, by SQL: a question begins with '-- ask: NAME' and answers with one
-- JSON value. ':accounts' are the accounts that the token's user administers. The harnesses send these
-- as they stand, so that no client has an expectation of its own.

-- ask: conversations
SELECT json_agg(r ORDER BY r.id) FROM (
    SELECT id, account_id, status, assignee_id,
           to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at,
           to_char(snoozed_until, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS snoozed_until,
           uuid, identifier,
           -- JSON that was stored as a string holding JSON is unwrapped once.
           CASE WHEN jsonb_typeof(custom_attributes) = 'string' AND custom_attributes #>> '{}' ~ '^\s*[{[]'
                THEN custom_attributes #>> '{}' ELSE custom_attributes::text END AS custom_attributes
    FROM conversations WHERE account_id = ANY (:accounts)) AS r;

-- ask: messages
SELECT json_agg(r ORDER BY r.id) FROM (
    SELECT id, conversation_id, message_type, private, content,
           to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at
    FROM messages WHERE account_id = ANY (:accounts)) AS r;

-- ask: resolved_in_spring
-- A number and a window of time.
SELECT json_agg(id ORDER BY id) FROM conversations
WHERE account_id = ANY (:accounts) AND status = 1
  AND created_at >= '2026-03-01' AND created_at < '2026-06-01';

-- ask: named
-- A quote and letters beyond ASCII.
SELECT json_agg(id ORDER BY id) FROM users AS u
WHERE name = 'Siobhán O''Connor'
  AND EXISTS (SELECT FROM account_users WHERE user_id = u.id AND account_id = ANY (:accounts));

-- ask: expanded
-- One to one and one to many, of the first conversations.
SELECT json_agg(r ORDER BY r.id) FROM (
    SELECT c.id,
           (SELECT i.name FROM inboxes AS i WHERE i.id = c.inbox_id AND i.account_id = c.account_id) AS inbox,
           (SELECT coalesce(json_agg(m.id ORDER BY m.id), '[]') FROM messages AS m
            WHERE m.conversation_id = c.id AND m.account_id = c.account_id) AS messages
    FROM conversations AS c WHERE account_id = ANY (:accounts) AND id <= 60) AS r;

-- ask: incoming
SELECT to_json(count(*)) FROM messages WHERE account_id = ANY (:accounts) AND message_type = 0;

-- ask: stranger
-- A conversation that is there, but another account's.
SELECT to_json(min(id)) FROM conversations WHERE account_id <> ALL (:accounts);

-- ask: columns
-- What stands behind each property: its type in OData's words, and whether it may be null.
SELECT json_object_agg(set_name, properties) FROM (
    SELECT s.set_name,
           json_object_agg(coalesce(r.property, c.column_name), json_build_object(
               'type', CASE c.data_type
                   WHEN 'integer' THEN CASE WHEN c.column_name ~ '(^|_)id$' AND c.column_name <> 'display_id' THEN 'Edm.Int64' ELSE 'Edm.Int32' END
                   WHEN 'bigint' THEN 'Edm.Int64'
                   WHEN 'double precision' THEN 'Edm.Double'
                   WHEN 'boolean' THEN 'Edm.Boolean'
                   WHEN 'uuid' THEN 'Edm.Guid'
                   WHEN 'timestamp without time zone' THEN 'Edm.DateTimeOffset'
                   ELSE 'Edm.String' END,
               'nullable', c.is_nullable = 'YES')) AS properties
    FROM (VALUES ('Message', 'messages'), ('Conversation', 'conversations'), ('Inbox', 'inboxes'),
                 ('Label', 'labels'), ('ReportingEvent', 'reporting_events'), ('User', 'users')) AS s (set_name, table_name)
    JOIN information_schema.columns AS c USING (table_name)
    LEFT JOIN (VALUES ('inboxes', 'out_of_office_message', 'out_of_office_enabled'),
                      ('users', 'reset_password_sent_at', 'reset_password_send_at'),
                      ('users', 'pubsub_token', 'pubsub_tokens')) AS r (table_name, column_name, property)
           USING (table_name, column_name)
    WHERE c.table_schema = 'public'
    GROUP BY s.set_name) AS x;
