<?php
/**
 * What could not be done at once is done by WP-Cron, a few at a time, until nothing is left.
 *
 * @package ReaderCommentModeration
 */

namespace ReaderCommentModeration;

defined( 'ABSPATH' ) || exit;

/** WP-Cron's event, once soon and once an hour. */
const WORK = 'rcm_work';

/** Name of the option with the id of the last post that "send all articles" has come to; there only while it goes on. */
const SENDING_ALL = 'rcm_sending_all';

/** So many comments, and so many articles, are taken at once. */
const BATCH = 50;

/** Seconds that one turn may take. */
const TURN = 25;

/** Has the work done from now on. */
function work_in_background() {
	add_action( WORK, __NAMESPACE__ . '\\work' );
	add_action( 'init', __NAMESPACE__ . '\\work_each_hour' );
	register_deactivation_hook( PLUGIN_FILE, __NAMESPACE__ . '\\stop_working' );
}

/** Asks WP-Cron to come by each hour: a turn that was cut short is made up for. */
function work_each_hour() {
	if ( ! wp_next_scheduled( WORK, array( 'hourly' ) ) ) {
		wp_schedule_event( time() + HOUR_IN_SECONDS, 'hourly', WORK, array( 'hourly' ) );
	}
}

/**
 * Asks WP-Cron to come by soon.
 *
 * @param int $seconds In how many.
 */
function work_soon( $seconds = 15 ) {
	if ( ! wp_next_scheduled( WORK ) ) {
		wp_schedule_single_event( time() + $seconds, WORK );
	}
}

/** Plugin is switched off. */
function stop_working() {
	wp_unschedule_hook( WORK );
}

/** One turn. */
function work() {
	if ( ! is_set_up() ) {
		return;
	}
	$ends = microtime( true ) + TURN;
	$done = tell_of_deleted() && send_articles( $ends ) && agree_about_comments( $ends ) && send_all_articles( $ends );
	if ( ! $done ) {
		work_soon( is_silent() ? 60 : 15 );
	}
}

/**
 * Sends articles that could not be sent when they were saved.
 *
 * @param float $ends When the turn ends.
 * @return bool Whether none is left.
 */
function send_articles( $ends ) {
	$posts = get_posts(
		array(
			'post_type'        => 'any',
			'post_status'      => get_post_stati(),
			'meta_key'         => ARTICLE_TODO, // phpcs:ignore WordPress.DB.SlowDBQuery.slow_db_query_meta_key
			'posts_per_page'   => BATCH, // phpcs:ignore WordPress.WP.PostsPerPage
			'orderby'          => 'ID',
			'order'            => 'ASC',
			'suppress_filters' => true,
		)
	);
	foreach ( $posts as $post ) {
		if ( microtime( true ) > $ends || ! send_article( $post ) ) {
			return false;
		}
	}
	return count( $posts ) < BATCH;
}

/**
 * Brings comments and what the service knows of them together.
 *
 * @param float $ends When the turn ends.
 * @return bool Whether none is left.
 */
function agree_about_comments( $ends ) {
	if ( ! keeps_comments() ) {
		return true;
	}
	$comments = get_comments(
		array(
			'status'       => 'any',
			'meta_key'     => TODO, // phpcs:ignore WordPress.DB.SlowDBQuery.slow_db_query_meta_key
			'meta_compare' => 'EXISTS',
			'orderby'      => 'comment_ID', // An answer after what it answers.
			'order'        => 'ASC',
			'number'       => BATCH,
		)
	);
	foreach ( $comments as $comment ) {
		if ( microtime( true ) > $ends || ! agree( $comment ) ) {
			return false;
		}
	}
	return count( $comments ) < BATCH;
}

/** Has every published article sent, in turns, from the first on. */
function begin_sending_all() {
	update_option( SENDING_ALL, 0, false );
	work_soon( 0 );
}

/**
 * How many articles are still to be sent; null where nobody asked for it.
 *
 * @return int|null
 */
function left_to_send() {
	global $wpdb;
	$after = get_option( SENDING_ALL, null );
	if ( null === $after ) {
		return null;
	}
	return (int) $wpdb->get_var( $wpdb->prepare( "SELECT COUNT(*) FROM $wpdb->posts WHERE post_status = 'publish' AND post_password = '' AND ID > %d AND post_type IN (" . implode( ',', array_fill( 0, count( article_types() ), '%s' ) ) . ')', array_merge( array( (int) $after ), article_types() ) ) ); // phpcs:ignore WordPress.DB
}

/**
 * The kinds of posts that readers comment on.
 *
 * @return string[]
 */
function article_types() {
	$types = array_values( array_filter( get_post_types_by_support( 'comments' ), 'is_post_type_viewable' ) );
	return $types ? $types : array( 'post' );
}

/**
 * Goes on with sending every article.
 *
 * @param float $ends When the turn ends.
 * @return bool Whether none is left.
 */
function send_all_articles( $ends ) {
	global $wpdb;
	$after = get_option( SENDING_ALL, null );
	if ( null === $after ) {
		return true;
	}
	$places = implode( ',', array_fill( 0, count( article_types() ), '%s' ) );
	$ids    = $wpdb->get_col( $wpdb->prepare( "SELECT ID FROM $wpdb->posts WHERE post_status = 'publish' AND post_password = '' AND ID > %d AND post_type IN ($places) ORDER BY ID LIMIT %d", array_merge( array( (int) $after ), article_types(), array( BATCH ) ) ) ); // phpcs:ignore WordPress.DB
	foreach ( $ids as $id ) {
		$post = get_post( (int) $id );
		if ( microtime( true ) > $ends || ( $post && is_article( $post ) && ! send_article( $post ) ) ) {
			return false;
		}
		update_option( SENDING_ALL, (int) $id, false );
	}
	if ( count( $ids ) === BATCH ) {
		return false;
	}
	delete_option( SENDING_ALL );
	return true;
}
