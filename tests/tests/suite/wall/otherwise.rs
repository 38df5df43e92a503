//! All that is not one caller's, changed.

/// Changes, removes and adds rows of the accounts 2 and 3 and of nobody, and all secrets.
pub(super) const OTHERWISE: &str = "
    UPDATE users SET encrypted_password = 'other', reset_password_token = 'other', confirmation_token = NULL,
        tokens = '[1]', pubsub_token = NULL, otp_secret = NULL, message_signature = 'other', type = NULL;
    UPDATE access_tokens SET token = 'other-' || id WHERE token <> 'KEY';
    UPDATE users SET name = 'shared-1', email = 'mark-of-a', display_name = 'mark-of-a', uid = 'u' || id,
        created_at = '2021-02-03', sign_in_count = 264197501, availability = 2
        WHERE id BETWEEN 77000000 AND 78000000 OR id > 99000000;
    DELETE FROM users WHERE id IN (77000003, 77000004, 99500001);
    UPDATE inboxes SET name = 'mark-of-a inbox 1', created_at = '2021-01-02', channel_id = 264197501 WHERE account_id <> 1;
    DELETE FROM inboxes WHERE id % 3 = 0 AND account_id <> 1;
    UPDATE labels SET title = CASE id % 7 WHEN 2 THEN 'mark-of-a label 3' WHEN 3 THEN 'mark-of-a label 4' ELSE NULL END,
        color = 'mark-of-a colour' WHERE account_id IS DISTINCT FROM 1;
    DELETE FROM labels WHERE id % 2 = 0 AND account_id IS DISTINCT FROM 1;
    UPDATE conversations SET identifier = 'mark-of-a identifier 1', status = 0, inbox_id = 11000002, assignee_id = 11000002,
        display_id = 264197500 + id % 1000, created_at = '2021-03-05', last_activity_at = '2021-03-05',
        contact_id = 264197501, snoozed_until = NULL WHERE account_id <> 1;
    DELETE FROM conversations WHERE id % 3 = 0 AND account_id <> 1;
    UPDATE messages SET content = 'mark-of-a content 1', inbox_id = 11000002, conversation_id = 11000003,
        sender_type = 'User', sender_id = 11000002, created_at = '2021-04-05', private = true, status = 2 WHERE account_id <> 1;
    DELETE FROM messages WHERE id % 3 = 0 AND account_id <> 1;
    UPDATE reporting_events SET value = 1, name = 'mark-of-a event 1', inbox_id = 11000002, user_id = 11000002,
        conversation_id = 11000003 WHERE account_id IS DISTINCT FROM 1;
    DELETE FROM reporting_events WHERE id % 3 = 0 AND account_id IS DISTINCT FROM 1;
    INSERT INTO messages (id, content, account_id, inbox_id, conversation_id, message_type, created_at, updated_at)
        SELECT 78000000 + i, 'mark-of-a', 2, 11000002, 11000003, 0, '2021-04-05', '2021-04-05' FROM generate_series(1, 300) i;
    INSERT INTO labels (id, title, color, account_id, created_at, updated_at)
        SELECT 78000000 + i, 'mark-of-a label 5', 'x', 4 + i, '2021-01-02', '2021-01-02' FROM generate_series(1, 5) i;
    INSERT INTO taggings (tag_id, taggable_type, taggable_id, context)
        SELECT 14, 'Conversation', id, 'labels' FROM conversations WHERE account_id <> 1;
    INSERT INTO inbox_members (inbox_id, user_id, created_at, updated_at)
        SELECT i.id, u.id, '2020-01-01', '2020-01-01' FROM inboxes i, users u
        WHERE u.id BETWEEN 77000000 AND 78000000 OR u.id > 99000000;
    UPDATE account_users SET role = 0 WHERE account_id <> 1 AND user_id > 77000001;
    DELETE FROM account_users WHERE account_id = 2 AND user_id BETWEEN 33000000 AND 34000000;
    ANALYZE;
";
