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

/** So many comments, or articles, are looked up at once. */
const BATCH = 50;

/** So many authors may be over their limits before a turn ends. */
const MOST_OVER = 20;

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
	$done = tell_of_deleted() && send_articles( $ends );
	if ( $done ) {
		$agreed = agree_about_comments( $ends ); // Some may wait for their author's limit: articles don't wait with them.
		$done   = ! is_silent() && send_all_articles( $ends ) && $agreed;
	}
	if ( ! $done ) {
		work_soon( MINUTE_IN_SECONDS );
	}
}

/**
 * Sends articles that could not be sent when they were saved.
 *
 * @param float $ends When the turn ends.
 * @return bool Whether none is left.
 */
function send_articles( $ends ) {
	$wanted = array(
		'post_type'      => article_types(),
		'post_status'    => get_post_stati(),
		'meta_key'       => ARTICLE_TODO, // phpcs:ignore WordPress.DB.SlowDBQuery.slow_db_query_meta_key
		'posts_per_page' => BATCH, // phpcs:ignore WordPress.WP.PostsPerPage
		'orderby'        => 'ID',
		'order'          => 'ASC',
	);
	for ( $posts = get_posts( $wanted ); $posts; $posts = get_posts( $wanted ) ) {
		foreach ( $posts as $post ) {
			if ( microtime( true ) > $ends || ! send_article( $post ) ) {
				return false;
			}
		}
	}
	return true;
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
	$wanted = array(
		'status'          => array( 'any', 'post-trashed' ),
		'meta_key'        => TODO, // phpcs:ignore WordPress.DB.SlowDBQuery.slow_db_query_meta_key
		'meta_compare'    => 'EXISTS',
		'orderby'         => 'comment_ID', // An answer after what it answers.
		'order'           => 'ASC',
		'number'          => BATCH,
		'comment__not_in' => array(),
	);
	$over = array(); // Addresses whose authors have sent too much of late: nobody else waits behind them.
	for ( $comments = get_comments( $wanted ); $comments; $comments = get_comments( $wanted ) ) {
		foreach ( $comments as $comment ) {
			if ( microtime( true ) > $ends || count( $over ) > MOST_OVER ) {
				return false;
			}
			$is_over = '' === service_id_of( $comment->comment_ID ) && isset( $over[ $comment->comment_author_IP ] );
			$agreed  = $is_over ? null : agree( $comment );
			if ( false === $agreed ) {
				return false;
			}
			if ( null === $agreed ) {
				$over[ $comment->comment_author_IP ] = true;
				$wanted['comment__not_in'][]         = $comment->comment_ID;
			}
		}
	}
	return ! $over;
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
	$after = get_option( SENDING_ALL, null );
	return null === $after ? null : (int) published_after( 'COUNT(*)', (int) $after )[0];
}

/**
 * The ids of the next articles.
 *
 * @param int $after The id of the one before.
 * @return int[]
 */
function articles_after( $after ) {
	return array_map( 'intval', published_after( 'ID', $after ) );
}

/**
 * Asks the database about published articles, as `get_posts` knows no "after this id".
 *
 * @param string $what  'ID' or 'COUNT(*)'.
 * @param int    $after An id.
 * @return string[]
 */
function published_after( $what, $after ) {
	global $wpdb;
	$types  = article_types();
	$places = implode( ',', array_fill( 0, count( $types ), '%s' ) );
	$query  = "SELECT $what FROM $wpdb->posts WHERE post_status = 'publish' AND post_password = '' AND ID > %d AND post_type IN ($places) ORDER BY ID LIMIT %d";
	return $wpdb->get_col( $wpdb->prepare( $query, array_merge( array( $after ), $types, array( BATCH ) ) ) ); // phpcs:ignore WordPress.DB
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
	$after = get_option( SENDING_ALL, null );
	if ( null === $after ) {
		return true;
	}
	for ( $ids = articles_after( (int) $after ); $ids; $ids = articles_after( end( $ids ) ) ) {
		foreach ( $ids as $id ) {
			$post = get_post( $id );
			if ( microtime( true ) > $ends || ( $post && is_article( $post ) && ! send_article( $post ) ) ) {
				return false;
			}
			update_option( SENDING_ALL, $id, false );
		}
	}
	delete_option( SENDING_ALL );
	return true;
}
