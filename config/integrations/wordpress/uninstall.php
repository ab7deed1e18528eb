<?php
/**
 * The plugin is deleted: nothing of it stays.
 *
 * @package ReaderCommentModeration
 */

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/** Removes what the plugin has kept in one blog. Comments and posts stay as they are. */
function reader_comment_moderation_forget() {
	foreach ( array( 'reader_comment_moderation', 'rcm_last_problem', 'rcm_last_event', 'rcm_deleted', 'rcm_sending_all' ) as $name ) {
		delete_option( $name );
	}
	delete_transient( 'rcm_silent' );
	foreach ( array( '_rcm_id', '_rcm_external_id', '_rcm_state', '_rcm_todo' ) as $name ) {
		delete_metadata( 'comment', 0, $name, '', true );
	}
	foreach ( array( '_rcm_todo', '_rcm_sent', '_rcm_count' ) as $name ) {
		delete_metadata( 'post', 0, $name, '', true );
	}
	delete_metadata( 'user', 0, 'rcm_told', '', true );
	wp_unschedule_hook( 'rcm_work' );
}

if ( is_multisite() ) {
	foreach ( get_sites( array( 'fields' => 'ids', 'number' => 0 ) ) as $reader_comment_moderation_blog ) {
		switch_to_blog( $reader_comment_moderation_blog );
		reader_comment_moderation_forget();
		restore_current_blog();
	}
} else {
	reader_comment_moderation_forget();
}
